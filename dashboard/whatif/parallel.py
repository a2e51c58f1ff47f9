"""Try many settings in processes of their own, so that the dashboard's pages keep their speed."""

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path

from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.result import Price
from dashboard.whatif.search import Trial
from dashboard.whatif.setup import FleetModel, ScalerSetup

_ROOT = Path(__file__).parents[2]
_MAX_PROCESSES = 2
_TIMEOUT_SECONDS = 300.0


def try_all(
    setups: Sequence[ScalerSetup], arrivals: Arrivals, model: FleetModel, price: Price | None
) -> list[Trial]:
    """Return the trials of all settings, in their order.

    Raises:
        subprocess.SubprocessError: a process failed or took minutes.

    """
    number = min(_MAX_PROCESSES, os.cpu_count() or 1)
    # Neighbours take about the same time, so each process gets every second one.
    parts = [setups[first::number] for first in range(number)]
    with ThreadPoolExecutor(number) as pool:
        found = list(pool.map(lambda part: _try_part(part, arrivals, model, price), parts))
    rows = zip_longest(*found)
    return [trial for row in rows for trial in row if trial is not None]


def _try_part(
    setups: Sequence[ScalerSetup], arrivals: Arrivals, model: FleetModel, price: Price | None
) -> list[Trial]:
    finished = subprocess.run(
        [sys.executable, "-m", "dashboard.whatif"],
        input=pickle.dumps((setups, arrivals, model, price)),
        stdout=subprocess.PIPE,
        cwd=_ROOT,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    trials: list[Trial] = pickle.loads(finished.stdout)  # noqa: S301, of the process started here
    return trials
