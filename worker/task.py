"""A job in progress: its parameters, remaining pictures and durations."""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from core.settings import Settings
from wire.messages.job import Job, submitted_at
from wire.messages.metadata import Metadata, Timings
from wire.messages.object_names import picture_name
from wire.messages.parameters import GenerationParameters
from wire.queues.base import Delivery
from worker.generator import GeneratedPicture, ModelInfo, PictureRequest, Pixels

_PER_PICTURE = {"prompt", "negative_prompt", "seed", "init_image"}
"""The parameters in which pictures of one call of the pipeline may differ."""
_ALL_OR_NONE = ("negative_prompt", "init_image")
"""Those of them that either all pictures of a call have, or none: an initial picture takes another
pipeline, and no negative prompt is not the same as an empty one for every model."""


@dataclass
class Task:
    """A leased job and its progress."""

    delivery: Delivery
    parameters: tuple[GenerationParameters, ...]
    """One item per picture of the job."""
    remaining: list[int]
    """Numbers of the pictures that are not stored yet."""
    init_image: Pixels | None = None
    """The pixels of the job's initial picture."""
    withheld: list[int] = field(default_factory=list)
    """Numbers of the pictures that the safety checker rejected."""
    prompt_read: str | None = None
    """The part of the prompt that the model reads, if it does not read all of it."""
    size: tuple[int, int] | None = None
    """Width and height of the generated pictures, which some pipelines round."""
    has_metadata: bool = False
    """Whether the metadata is already stored."""
    received_at: float = field(default_factory=time.time)
    """Unix seconds."""
    generation_seconds: float = 0.0
    upload_seconds: float = 0.0

    @property
    def job(self) -> Job:
        """The leased job."""
        return self.delivery.job


@dataclass(frozen=True)
class BatchItem:
    """One picture of a batch."""

    task: Task
    number: int

    @property
    def parameters(self) -> GenerationParameters:
        """The parameters of this picture."""
        return self.task.parameters[self.number]

    @property
    def request(self) -> PictureRequest:
        """What the generator needs for this picture."""
        return PictureRequest(self.parameters, self.task.init_image)

    def record(self, picture: GeneratedPicture) -> None:
        """Keep what the metadata states of the generated picture."""
        self.task.size = (picture.pixels.shape[1], picture.pixels.shape[0])
        self.task.prompt_read = picture.prompt_read
        if picture.withheld:
            self.task.withheld.append(self.number)


def prepare_task(delivery: Delivery, model: ModelInfo) -> Task:
    """Create a task, with the model's defaults for the fields that the job leaves unset."""
    job = delivery.job
    first = job.with_defaults({**model.capabilities.defaults, "seed": first_seed(job)})
    parameters = tuple(
        first.model_copy(update={"seed": first_seed(job) + number}) for number in range(job.count)
    )
    return Task(delivery, parameters, list(range(job.count)))


def first_seed(job: Job) -> int:
    """Return the job's seed, by default the random bits of its id.

    A redelivered job thus generates the same pictures.
    """
    return job.seed if job.seed is not None else UUID(job.id).int % 2**32


def next_batch(tasks: list[Task], batch_size: int) -> list[BatchItem]:
    """Return up to ``batch_size`` pictures of compatible parameters, oldest job first."""
    items = [BatchItem(task, number) for task in tasks for number in task.remaining]
    first = items[0].parameters
    return [item for item in items if compatible(item.parameters, first)][:batch_size]


def compatible(left: GenerationParameters, right: GenerationParameters) -> bool:
    """Return whether one call of the pipeline can generate both pictures."""
    return _shared(left) == _shared(right)


def _shared(parameters: GenerationParameters) -> dict[str, Any]:
    """Return the parameters that all pictures of a call share."""
    presence = {name: getattr(parameters, name) is not None for name in _ALL_OR_NONE}
    return parameters.model_dump(exclude=_PER_PICTURE) | presence


def build_metadata(task: Task, model: ModelInfo, worker_name: str, settings: Settings) -> Metadata:
    """Build the metadata of a finished job."""
    job, first = task.job, task.parameters[0]
    width, height = task.size or (first.width or 0, first.height or 0)
    return Metadata(
        prompt=job.prompt,
        image_width=width,
        image_height=height,
        lcm_model_id=model.model_id,
        inference_steps=first.steps or 0,
        guidance_scale=first.guidance_scale or 0.0,
        number_of_images=job.count,
        seed=first_seed(job),
        use_seed=job.seed is not None,
        use_tiny_auto_encoder=model.tiny_decoder,
        use_safety_checker=model.safety_checker,
        diffusion_task="image_to_image" if job.init_image else "text_to_image",
        id=job.id,
        parameters=first,
        pictures=tuple(
            picture_name(job.id, number)
            for number in range(job.count)
            if number not in task.withheld
        ),
        withheld=tuple(sorted(task.withheld)),
        prompt_read=task.prompt_read,
        seeds=tuple(first_seed(job) + number for number in range(job.count)),
        finished_at=time.time(),
        timings=measure(task),
        worker=worker_name,
        pod=settings.pod_name,
        node=settings.node_name,
        device=model.device,
    )


def measure(task: Task) -> Timings:
    """Return the durations of this attempt so far."""
    submitted = submitted_at(task.job.id)
    return Timings(
        waiting=max(0.0, task.received_at - submitted) if submitted else None,
        painting=round(task.generation_seconds, 4),
        storing=round(task.upload_seconds, 4),
    )
