"""A job while this worker has it: which pictures are left, and how long it took so far."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from core.settings import Settings
from wire.messages.job import Job, submitted_at
from wire.messages.picture import Metadata, Timings, picture_name
from wire.queues.base import Delivery
from worker.generator import GenerationParameters, ModelInfo


@dataclass
class Task:
    """A leased job and what became of it."""

    delivery: Delivery
    parameters: tuple[GenerationParameters, ...]
    """One for each of the job's pictures, in order."""
    left: list[int]
    """Numbers of the pictures that are not in the store yet, in order."""
    is_described: bool = False
    """Whether the metadata lies in the store already."""
    received_at: float = field(default_factory=time.time)
    """Unix seconds."""
    generation_seconds: float = 0.0
    upload_seconds: float = 0.0

    @property
    def job(self) -> Job:
        """The job itself."""
        return self.delivery.job


@dataclass(frozen=True)
class BatchItem:
    """One picture in a call of the pipeline."""

    task: Task
    number: int

    @property
    def parameters(self) -> GenerationParameters:
        """What is to be painted."""
        return self.task.parameters[self.number]


def start_task(delivery: Delivery, model: ModelInfo) -> Task:
    """Decide everything that the job leaves open."""
    job = delivery.job
    seed = first_seed(job)
    parameters = tuple(
        GenerationParameters(
            prompt=job.prompt,
            seed=seed + number,
            width=job.width or model.width,
            height=job.height or model.height,
            steps=job.steps or model.steps,
        )
        for number in range(job.count)
    )
    return Task(delivery, parameters, list(range(job.count)))


def first_seed(job: Job) -> int:
    """Return the job's seed, or the random end of its id.

    So a job that is done twice gives the same pictures twice, and nobody who saw the first
    sees it change.
    """
    return job.seed if job.seed is not None else UUID(job.id).int % 2**32


def next_call(tasks: list[Task], size: int) -> list[BatchItem]:
    """Choose up to ``size`` pictures, of one size and one number of steps, oldest job first."""
    places = [BatchItem(task, number) for task in tasks for number in task.left]
    kind = _kind(places[0].parameters)
    return [place for place in places if _kind(place.parameters) == kind][:size]


def describe(task: Task, model: ModelInfo, worker_name: str, settings: Settings) -> Metadata:
    """Write down a finished job, in the older sample's words and ours."""
    job, first = task.job, task.parameters[0]
    return Metadata(
        prompt=job.prompt,
        image_width=first.width,
        image_height=first.height,
        lcm_model_id=model.model_id,
        inference_steps=first.steps,
        guidance_scale=model.guidance_scale,
        number_of_images=job.count,
        seed=first.seed,
        use_seed=job.seed is not None,
        use_tiny_auto_encoder=model.tiny_decoder,
        use_safety_checker=model.safety_checker,
        id=job.id,
        pictures=tuple(picture_name(job.id, number) for number in range(job.count)),
        seeds=tuple(painting.seed for painting in task.parameters),
        finished_at=time.time(),
        timings=timings_of(task),
        worker=worker_name,
        pod=settings.pod_name,
        node=settings.node_name,
        device=model.device,
    )


def timings_of(task: Task) -> Timings:
    """Say where the time of this attempt went, until now."""
    submitted = submitted_at(task.job.id)
    return Timings(
        waiting=max(0.0, task.received_at - submitted) if submitted else None,
        painting=round(task.generation_seconds, 4),
        storing=round(task.upload_seconds, 4),
    )


def _kind(painting: GenerationParameters) -> tuple[int, int, int]:
    return painting.width, painting.height, painting.steps
