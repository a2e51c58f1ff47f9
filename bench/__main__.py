"""`python -m bench [NAME …]`: run the named benchmarks, or all."""

import sys

from bench import (
    cluster,
    cold_start,
    cpu,
    first_picture,
    gallery,
    latency,
    overhead,
    overlap,
    previews,
    sessions,
    workers,
)

_BENCHMARKS = {
    "cpu": cpu.main,
    "overhead": overhead.main,
    "overlap": overlap.main,
    "previews": previews.main,
    "latency": latency.main,
    "workers": workers.main,
    "cold-start": cold_start.main,
    "first-picture": first_picture.main,
    "gallery": gallery.main,
    "sessions": sessions.main,
    "cluster": cluster.main,
}


def main(names: list[str]) -> None:
    """Run the named benchmarks in order."""
    if unknown := set(names) - set(_BENCHMARKS):
        sys.exit(f"Unknown benchmarks: {', '.join(unknown)}. Available: {', '.join(_BENCHMARKS)}.")
    for name in names or _BENCHMARKS:
        _BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
