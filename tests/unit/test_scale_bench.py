"""The benchmarks of many workers."""

import pytest

from bench.scale.processes import begin, finish


def test_process_that_fails_ends_the_benchmark():
    """Figures of a run whose cluster was not filled, or whose events were not sent, are none."""
    finish(begin(int, "1"))
    with pytest.raises(SystemExit, match="exit code 1"):
        finish(begin(int, "not a number"))
