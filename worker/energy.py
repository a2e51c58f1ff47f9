"""The energy that a GPU used for pictures."""

from worker.nvml import energy_joules


class EnergyMeter:
    """Measures the energy of a GPU between its creation and ``per_picture``.

    Args:
        gpu_uuid: None for a device whose energy is not measured.

    """

    def __init__(self, gpu_uuid: str | None) -> None:
        self._gpu_uuid = gpu_uuid
        self._before = energy_joules(gpu_uuid)

    def per_picture(self, pictures: int) -> float | None:
        """Return the joules since the start for each of ``pictures``; None if unknown."""
        after = energy_joules(self._gpu_uuid)
        if after is None or self._before is None:
            return None
        return max(0.0, after - self._before) / pictures


def mean_energy(joules: list[float | None]) -> float | None:
    """Return the mean energy of pictures; None if that of one is unknown, or there are none.

    The counter advances every 20 to 100 ms, so that of a single fast picture it may not have
    advanced at all; a sum of zero therefore counts as unknown.
    """
    known = [energy for energy in joules if energy is not None]
    if not sum(known) or len(known) < len(joules):
        return None
    return round(sum(known) / len(known), 3)
