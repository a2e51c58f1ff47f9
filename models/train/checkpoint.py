"""Write the results of stages, so that an interrupted run can be resumed."""

from pathlib import Path

import torch


def write_checkpoint(content: object, path: Path) -> None:
    """Write what `torch.load` reads; an interruption leaves the earlier file, or none."""
    temporary = path.with_suffix(".new")
    torch.save(content, temporary)
    temporary.replace(path)
