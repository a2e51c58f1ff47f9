"""`python -m bench [NAME …]`: run the named benchmarks, or all."""

import sys
from importlib import import_module

_BENCHMARKS = (
    "overhead",
    "overlap",
    "latency",
    "cpu",
    "previews",
    "workers",
    "cold-start",
    "first-picture",
    "gallery",
    "sessions",
    "traffic",
    "scale",
    "whatif",
)


def main(names: list[str]) -> None:
    """Run the named benchmarks in order."""
    if unknown := set(names) - set(_BENCHMARKS):
        sys.exit(f"Unknown benchmarks: {', '.join(unknown)}. Available: {', '.join(_BENCHMARKS)}.")
    for name in names or _BENCHMARKS:
        # Each process that a benchmark spawns imports this module: the others are left out.
        import_module(f"bench.{name.replace('-', '_')}").main()


if __name__ == "__main__":
    main(sys.argv[1:])
