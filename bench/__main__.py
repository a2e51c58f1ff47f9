"""`python -m bench [NAME …]`: the named benchmarks, or all of them."""

import sys

from bench import cluster_looks, first_picture, gallery, one_worker_or_many, overhead, sessions

_BENCHMARKS = {
    "overhead": overhead.main,
    "workers": one_worker_or_many.main,
    "first-picture": first_picture.main,
    "gallery": gallery.main,
    "sessions": sessions.main,
    "cluster": cluster_looks.main,
}


def main(names: list[str]) -> None:
    """Run the named benchmarks in order."""
    if unknown := set(names) - set(_BENCHMARKS):
        sys.exit(f"No benchmark is named {', '.join(unknown)}; there are {', '.join(_BENCHMARKS)}.")
    for name in names or _BENCHMARKS:
        _BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
