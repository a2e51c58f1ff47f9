"""Copy pictures from the device to the host, beside the next batch."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from core.errors import GenerationFailed, first_line
from worker.generator import DeviceLost, Pixels
from worker.pipeline.phases import timed_event


class HostCopy:
    """Pictures on their way to the host.

    On CUDA they are copied on a stream of their own to page-locked memory, so that neither the
    device nor the thread that launches its work waits for the copy.
    """

    def __init__(self, pictures: torch.Tensor | npt.NDArray[np.floating[Any]]) -> None:
        """Start to copy n pictures of numbers from 0 to 1.

        A tensor is n x 3 x height x width, an array n x height x width x 3.
        """
        if isinstance(pictures, np.ndarray):
            pictures = torch.from_numpy(pictures).permute(0, 3, 1, 2)
        finite = torch.isfinite(pictures).flatten(1).all(dim=1)
        as_bytes = (pictures * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
        copy = _copy_beside if as_bytes.is_cuda else _copy
        (self._finite, pixels), self._wait = copy(finite, as_bytes)
        self.pixels: list[Pixels] = list(pixels.numpy())

    def wait(self, number: int) -> float | None:
        """Wait until the pixels have arrived; return the seconds of the copy if measured.

        Raises GenerationFailed if the numbers of this picture are not finite, and DeviceLost.
        """
        try:
            seconds = self._wait()
        except torch.AcceleratorError as error:
            raise DeviceLost(f"The device failed: {first_line(error)}") from None
        if not self._finite[number]:
            raise GenerationFailed("The model's output is not finite, so there is no picture.")
        return seconds


def _copy(*tensors: torch.Tensor) -> tuple[list[torch.Tensor], Callable[[], float | None]]:
    return [tensor.cpu() for tensor in tensors], lambda: None


def _copy_beside(*tensors: torch.Tensor) -> tuple[list[torch.Tensor], Callable[[], float | None]]:
    stream = _copy_stream()
    started, ended = timed_event(), timed_event()
    copies = [torch.empty_like(tensor, device="cpu", pin_memory=True) for tensor in tensors]
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        started.record()
        for source, copy in zip(tensors, copies, strict=True):
            copy.copy_(source, non_blocking=True)
            # The allocator gives the source's memory to nobody else before the copy has ended.
            source.record_stream(stream)
        ended.record()

    def wait() -> float:
        ended.synchronize()
        return float(started.elapsed_time(ended)) / 1000

    return copies, wait


@cache
def _copy_stream() -> torch.cuda.Stream:
    return torch.cuda.Stream()  # type: ignore[no-untyped-call]
