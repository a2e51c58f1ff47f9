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
from worker.energy import mean_energy
from worker.generator import ModelInfo

_PER_PICTURE = {"prompt", "negative_prompt", "seed", "init_image"}
"""The parameters in which pictures of one call of the pipeline may differ."""


@dataclass
class Task:
    """A leased job and its progress."""

    delivery: Delivery
    parameters: tuple[GenerationParameters, ...]
    """One item per picture of the job."""
    remaining: list[int]
    """Numbers of the pictures that are not stored yet."""
    has_metadata: bool = False
    """Whether the metadata is already stored."""
    received_at: float = field(default_factory=time.time)
    """Unix seconds."""
    generation_seconds: float = 0.0
    upload_seconds: float = 0.0
    energies: list[float | None] = field(default_factory=list)
    """Joules of each picture that was generated in this attempt; None if not measured."""

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
    return parameters.model_dump(exclude=_PER_PICTURE)


def build_metadata(task: Task, model: ModelInfo, worker_name: str, settings: Settings) -> Metadata:
    """Build the metadata of a finished job."""
    job, first = task.job, task.parameters[0]
    return Metadata(
        prompt=job.prompt,
        image_width=first.width or 0,
        image_height=first.height or 0,
        lcm_model_id=model.model_id,
        inference_steps=first.steps or 0,
        guidance_scale=first.guidance_scale or 0.0,
        number_of_images=job.count,
        seed=first_seed(job),
        use_seed=job.seed is not None,
        use_tiny_auto_encoder=model.tiny_decoder,
        use_safety_checker=model.safety_checker,
        id=job.id,
        parameters=first,
        pictures=tuple(picture_name(job.id, number) for number in range(job.count)),
        seeds=tuple(first_seed(job) + number for number in range(job.count)),
        finished_at=time.time(),
        timings=measure(task),
        energy_joules=mean_energy(task.energies),
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
