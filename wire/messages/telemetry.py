"""Telemetry: what a worker measures of its device, every two seconds.

Names carry Prometheus' base units, so that a field's name is also the name of its metric.
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from wire.messages.quantities import Count, Quantity

MEASURES = (
    "utilization_ratio",
    "memory_used_bytes",
    "memory_total_bytes",
    "temperature_celsius",
    "power_watts",
    "energy_joules",
)


class Telemetry(BaseModel):
    """One reading of a device; None where the device or its driver does not report a value.

    Values of a GPU include other processes on it. Those of a processor are the worker's own.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    device: str
    """The GPU's product name, ``mps`` or ``cpu``, as in the metadata."""
    gpu_uuid: str | None = None
    """The GPU's UUID, the same for all workers on it; None if it has none."""
    utilization_ratio: Quantity | None = Field(
        None, description="Share of the time in which the device was busy, from 0 to 1."
    )
    memory_used_bytes: Count | None = Field(None, description="Memory in use.")
    memory_total_bytes: Count | None = Field(None, description="Memory that can be used.")
    temperature_celsius: Quantity | None = Field(None, description="Temperature of the device.")
    power_watts: Quantity | None = Field(None, description="Power that the device draws.")
    energy_joules: Quantity | None = Field(
        None, description="Energy that the device used since its driver was loaded."
    )

    @property
    def is_gpu(self) -> bool:
        """Return whether the device is a GPU."""
        return self.device != "cpu"

    def measures(self) -> Iterator[tuple[str, str, float]]:
        """Yield name, description and value of each known measure."""
        for name in MEASURES:
            value = getattr(self, name)
            if value is not None:
                yield name, type(self).model_fields[name].description or "", value
