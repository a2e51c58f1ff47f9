"""Generate with a loaded text-to-image pipeline of diffusers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import torch

from core.errors import GenerationFailed, MessageError, first_line
from wire.messages.parameters import GenerationParameters
from worker.generator import (
    DeviceLost,
    GeneratedPicture,
    Interrupted,
    ModelInfo,
    OutOfMemory,
    PictureRequest,
    Pixels,
    StepCallback,
)
from worker.pipeline import loras, schedulers
from worker.pipeline.arguments import keyword_arguments
from worker.pipeline.decoding import decode_overflows_in_float32
from worker.pipeline.embeddings import EmbeddingCache
from worker.pipeline.host_copy import HostCopy
from worker.pipeline.image_to_image import image_pipeline
from worker.pipeline.phases import Phases
from worker.pipeline.previews import LatentMap, fit
from worker.pipeline.prompts import count_chunks, prompt_read
from worker.pipeline.step_reports import STEPS_PER_PREVIEW, StepReports
from worker.pipeline.steps import watch_steps

_OUT_OF_MEMORY_MESSAGES = ("out of memory", "can't allocate memory")


class DiffusersGenerator:
    """Generates with a loaded pipeline; see worker.generator.Generator."""

    # diffusers publishes no types, and each pipeline class has its own methods: hence Any.
    def __init__(
        self,
        pipeline: Any,
        model: ModelInfo,
        lora_sources: Mapping[str, loras.Source],
        previews: bool = False,
    ) -> None:
        self._pipeline = pipeline
        self._lora_sources = lora_sources
        self._embeddings = EmbeddingCache()
        # A preview would show what the safety checker may withhold.
        self._sends_previews = previews and not model.safety_checker
        self.model = model
        decode_overflows_in_float32(pipeline)

    def generate(
        self,
        requests: list[PictureRequest],
        on_step: StepCallback,
        should_stop: Callable[[], bool],
    ) -> list[GeneratedPicture]:
        """Return one picture for each request."""
        try:
            return self._generate(requests, on_step, should_stop)
        except (Interrupted, GenerationFailed, MessageError):
            raise
        except torch.AcceleratorError as error:
            raise DeviceLost(
                f"The device {self.model.device} failed: {first_line(error)}"
            ) from None
        except Exception as error:
            raise _translate(error) from error

    def _generate(
        self,
        requests: list[PictureRequest],
        on_step: StepCallback,
        should_stop: Callable[[], bool],
    ) -> list[GeneratedPicture]:
        first = requests[0]
        pipeline = self._pipeline if first.init_image is None else self._image_pipeline
        loras.apply(self._pipeline, first.parameters.loras, self._lora_sources)
        groups = _group_by_chunks(pipeline, requests)
        steps = first.parameters.steps or 1
        latent_map = self._latent_map if steps > STEPS_PER_PREVIEW else None
        reports = StepReports(on_step, requests, steps, latent_map)
        with (
            torch.inference_mode(),
            _scheduler(pipeline, first.parameters.scheduler, steps),
            watch_steps(pipeline, len(groups), steps, reports.report, should_stop),
        ):
            pictures = {
                id(request): picture
                for chunks, group in groups.items()
                for request, picture in zip(
                    reports.begin(group), self._call(pipeline, group, chunks), strict=True
                )
            }
        return [pictures[id(request)] for request in requests]

    def _call(
        self, pipeline: Any, requests: list[PictureRequest], chunks: int
    ) -> Iterator[GeneratedPicture]:
        phases = Phases(pipeline._execution_device.type)
        try:
            with phases.watch(pipeline):
                output = pipeline(**keyword_arguments(pipeline, requests, chunks, self._embeddings))
        except BaseException:
            pipeline.maybe_free_model_hooks()  # offloaded components leave the device
            raise
        copy, withheld = HostCopy(output.images), _verdicts(output) or [False] * len(requests)
        for number, request in enumerate(requests):
            read = prompt_read(pipeline, request.parameters.prompt)
            yield GeneratedPicture(
                copy.pixels[number], withheld[number], read, partial(_finish, copy, phases, number)
            )

    @cached_property
    def _image_pipeline(self) -> Any:
        return image_pipeline(self._pipeline)

    @cached_property
    def _latent_map(self) -> LatentMap | None:
        if not self._sends_previews:
            return None
        return fit(self._pipeline, self.model.capabilities, self._generate_one)

    def _generate_one(self, parameters: GenerationParameters) -> Pixels:
        with torch.inference_mode():
            [picture] = self._call(self._pipeline, [PictureRequest(parameters)], chunks=1)
        picture.finish()
        return picture.pixels


def _group_by_chunks(
    pipeline: Any, requests: list[PictureRequest]
) -> dict[int, list[PictureRequest]]:
    """Group requests by the length of their prompts.

    Padding a prompt to the length of another one would change its picture.
    """
    groups: dict[int, list[PictureRequest]] = {}
    for request in requests:
        groups.setdefault(count_chunks(pipeline, request.parameters), []).append(request)
    return groups


@contextmanager
def _scheduler(pipeline: Any, name: str | None, steps: int) -> Iterator[None]:
    """Use the scheduler of this name, or the model's own."""
    own = pipeline.scheduler
    pipeline.scheduler = schedulers.build(pipeline, name, steps) if name else own
    try:
        yield
    finally:
        pipeline.scheduler = own


def _finish(copy: HostCopy, phases: Phases, number: int) -> dict[str, float]:
    """Wait for a picture; return its share of the seconds of its call."""
    copying = copy.wait(number)
    seconds = phases.seconds() | ({} if copying is None else {"copying": copying})
    return {name: each / len(copy.pixels) for name, each in seconds.items()}


def _verdicts(output: Any) -> list[bool] | None:
    """Return whether the safety checker rejected each picture; None without a checker."""
    names = ("nsfw_content_detected", "nsfw_detected")  # the second is DeepFloyd IF's
    return next((getattr(output, name) for name in names if hasattr(output, name)), None)


def _translate(error: Exception) -> GenerationFailed:
    if isinstance(error, torch.OutOfMemoryError) or any(
        message in str(error) for message in _OUT_OF_MEMORY_MESSAGES
    ):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return OutOfMemory("The device has too little memory for a picture of this size.")
    return GenerationFailed(f"The model failed: {first_line(error)}")
