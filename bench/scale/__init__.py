"""What breaks first at 100, 1,000 and 10,000 GPUs: docs/scale.md has the figures."""

from importlib import import_module

SIZES = (100, 1_000, 10_000)
"""Workers, each with a GPU."""
PARTS = ("cluster", "events", "snapshots", "bucket")


def main(parts: tuple[str, ...] = PARTS) -> None:
    """Measure the named parts in order."""
    for part in parts:
        import_module(f"bench.scale.{part}").main()
