"""The GPUs of the workers: a gauge for each, from the workers' telemetry."""

from dataclasses import dataclass
from datetime import tzinfo

from markupsafe import Markup

from dashboard.components.common import dom_patch, tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.fleet import render
from dashboard.domain.gpus import Gpu, mean_utilization, total_power
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting
from wire.messages.telemetry import Telemetry

_NONE = "No GPUs in use: no worker reports one."
_NOTHING_KNOWN = Telemetry(device="")


@dataclass(frozen=True)
class Meter:
    """A bar with its value."""

    name: str
    share: float | None
    """From 0 to 1; None is drawn as an empty, dashed bar."""
    text: str

    @property
    def percent(self) -> int:
        """The share in percent."""
        return round(100 * min(1.0, self.share or 0.0))


@dataclass(frozen=True)
class Gauge:
    """What is shown of a GPU."""

    key: str
    product: str
    workers: str
    meters: tuple[Meter, ...]
    facts: str


def show(snapshot: Snapshot, zone: tzinfo | None) -> None:
    """Show a gauge for each GPU, by the name of its worker."""
    dom_patch.show(_card(snapshot, zone), key="fleet_gpus")


@snapshot_cache
def _card(snapshot: Snapshot, zone: tzinfo | None) -> Markup:
    if not snapshot.gpus:
        return tables.title("GPUs") + tables.note(_NONE)
    gpus = sorted(snapshot.gpus, key=lambda gpu: formatting.natural_sort_key(gpu.workers[0]))
    gauges = render("gauges", [gauge(gpu, zone) for gpu in gpus])
    return tables.title("GPUs", summary(gpus)) + tables.scrollable("GPUs", gauges)


def summary(gpus: list[Gpu]) -> str:
    """Format how many GPUs report, how busy they are, and what they draw."""
    reporting = [gpu for gpu in gpus if gpu.latest]
    count = f"{len(reporting)} of {len(gpus)}" if len(reporting) < len(gpus) else str(len(gpus))
    utilization, watts = mean_utilization(reporting), total_power(reporting)
    busy = formatting.UNKNOWN if utilization is None else f"{utilization:.0%}"
    power = "power unknown" if watts is None else formatting.power(watts)
    return f"{count} reporting, {busy} busy, {power}"


def gauge(gpu: Gpu, zone: tzinfo | None) -> Gauge:
    """Return what is shown of a GPU; values that it does not report are unknown."""
    latest = gpu.latest or _NOTHING_KNOWN
    facts = _facts(latest) if gpu.latest else f"Unknown: {formatting.time_ago(gpu.at, zone)}."
    meters = (_busy(latest.utilization_ratio), _memory(latest))
    return Gauge(gpu.key, gpu.product, ", ".join(gpu.workers), meters, facts)


def _busy(share: float | None) -> Meter:
    return Meter("busy", share, formatting.UNKNOWN if share is None else f"{share:.0%}")


def _memory(telemetry: Telemetry) -> Meter:
    used, total = telemetry.memory_used_bytes, telemetry.memory_total_bytes
    share = used / total if used is not None and total else None
    names = [formatting.UNKNOWN if n is None else formatting.gibibytes(n) for n in (used, total)]
    nothing = used is None and total is None
    text = formatting.UNKNOWN if nothing else f"{names[0]} of {names[1]} GiB"
    return Meter("memory", share, text)


def _facts(telemetry: Telemetry) -> str:
    celsius, watts = telemetry.temperature_celsius, telemetry.power_watts
    temperature = f"temperature {formatting.UNKNOWN}" if celsius is None else f"{celsius:.0f} °C"
    power = f"power {formatting.UNKNOWN}" if watts is None else formatting.power(watts)
    return f"{temperature} · {power}"
