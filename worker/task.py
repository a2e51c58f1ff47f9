"""A job in progress: its parameters, pictures and durations."""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal
from uuid import UUID

from core.settings import Settings
from wire.messages.job import Job, nth_seed, submitted_at
from wire.messages.metadata import Metadata, Timings
from wire.messages.object_names import picture_name
from wire.messages.parameters import GenerationParameters
from wire.queues.base import Delivery
from worker.energy import mean_energy
from worker.generator import GeneratedPicture, ModelInfo, PictureRequest, Pixels
from worker.loading_time import LoadingTime

_PER_PICTURE = {"prompt", "negative_prompt", "seed", "init_image"}
"""The parameters in which pictures of one call of the pipeline may differ."""
_ALL_OR_NONE = ("negative_prompt", "init_image")
"""Those of them that either all pictures of a call have, or none: an initial picture takes another
pipeline, and no negative prompt is not the same as an empty one for every model."""


@dataclass(frozen=True)
class Outcome:
    """The reason why a job leaves before all its pictures are stored."""

    kind: Literal["cancelled", "failed", "rejected", "returned"]
    reason: str


@dataclass(eq=False)
class Task:
    """A leased job and its progress; the JobLedger decides with it when the job leaves."""

    delivery: Delivery
    parameters: tuple[GenerationParameters, ...]
    """One item per picture of the job."""
    remaining: list[int]
    """Numbers of the pictures that are neither stored nor in progress."""
    in_progress: set[int] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)
    """Numbers of the pictures that the safety checker rejected."""
    outcome: Outcome | None = None
    has_metadata: bool = False
    """Whether the metadata is already stored."""
    has_begun: bool = False
    """Whether a picture was given to the generator in this attempt."""
    has_progress: bool = False
    """Whether a picture was stored in this attempt."""
    init_image: Pixels | None = None
    """The pixels of the job's initial picture."""
    prompt_read: str | None = None
    """The part of the prompt that the model reads, if it does not read all of it."""
    generated_size: tuple[int, int] | None = None
    """Width and height of the generated pictures, which some pipelines round."""
    received_at: float = field(default_factory=time.time)
    """Unix seconds."""
    durations: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Sums over the pictures, by the names of ``Timings``; seconds."""
    loading_seconds: float | None = None
    """The time that the job waited while this worker loaded its model; None if it did not."""
    energies: list[float | None] = field(default_factory=list)
    """Joules of each picture that was generated in this attempt; None if not measured."""

    @property
    def job(self) -> Job:
        """The leased job."""
        return self.delivery.job

    @property
    def is_first_attempt(self) -> bool:
        """Whether no earlier attempt failed."""
        return self.delivery.attempt == 1

    @cached_property
    def shared_parameters(self) -> str:
        """The parameters that its pictures share with all others of a call, as text."""
        return shared_parameters(self.parameters[0])

    @property
    def size(self) -> str:
        """The requested width and height, which determine the memory of a picture."""
        first = self.parameters[0]
        return f"{first.width}x{first.height}"

    def note(self, picture: GeneratedPicture) -> None:
        """Keep what the metadata states of a generated picture."""
        height, width, _ = picture.pixels.shape
        self.generated_size = (width, height)
        self.prompt_read = self.prompt_read or picture.prompt_read
        self.energies.append(picture.energy_joules)

    def add_durations(self, durations: Mapping[str, float]) -> None:
        """Add seconds to the sums."""
        for name, seconds in durations.items():
            self.durations[name] += seconds


def shared_parameters(parameters: GenerationParameters) -> str:
    """Return the parameters that all pictures of a call have in common, as text."""
    presence = [name for name in _ALL_OR_NONE if getattr(parameters, name) is not None]
    return f"{parameters.model_dump_json(exclude=_PER_PICTURE)} {' '.join(presence)}"


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


def prepare_task(delivery: Delivery, model: ModelInfo, loading: LoadingTime | None = None) -> Task:
    """Create a task, with the model's defaults for the fields that the job leaves unset."""
    job = delivery.job
    first = job.with_defaults({**model.capabilities.defaults, "seed": first_seed(job)})
    parameters = tuple(
        first.model_copy(update={"seed": nth_seed(first_seed(job), number)})
        for number in range(job.count)
    )
    task = Task(delivery, parameters, list(range(job.count)))
    if loading:
        task.loading_seconds = loading.waited(submitted_at(job.id), task.received_at)
    return task


def first_seed(job: Job) -> int:
    """Return the job's seed, by default the random bits of its id.

    A redelivered job thus generates the same pictures.
    """
    return job.seed if job.seed is not None else UUID(job.id).int % 2**32


def build_metadata(task: Task, model: ModelInfo, worker_name: str, settings: Settings) -> Metadata:
    """Build the metadata of a finished job."""
    job, first = task.job, task.parameters[0]
    width, height = task.generated_size or (first.width or 0, first.height or 0)
    stored = [number for number in range(job.count) if number not in task.withheld]
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
        pictures=tuple(picture_name(job.id, number) for number in stored),
        withheld=tuple(sorted(task.withheld)),
        prompt_read=task.prompt_read,
        seeds=tuple(nth_seed(first_seed(job), number) for number in range(job.count)),
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
    rounded = {name: round(seconds, 4) for name, seconds in task.durations.items()}
    return Timings(
        waiting=max(0.0, task.received_at - submitted) if submitted else None,
        loading=task.loading_seconds,
        **{"painting": 0.0, "storing": 0.0, **rounded},
    )
