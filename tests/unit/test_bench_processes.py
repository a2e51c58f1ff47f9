"""The processes of benchmarks."""

import pytest

from bench.processes import begin, finish


def test_process_that_fails_ends_the_benchmark():
    """Figures of a run whose cluster was not filled, or whose events were not sent, are none."""
    finish(begin(int, "1"))
    with pytest.raises(SystemExit, match="exit code 1"):
        finish(begin(int, "not a number"))
