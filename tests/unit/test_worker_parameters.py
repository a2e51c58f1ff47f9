"""What the worker does with the parameters of a job before and after the model's call."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from core.errors import MessageError
from core.settings import Settings
from tests.support.ready_jobs import process_ready_jobs
from wire.events.sqlite import SqliteEvents
from wire.messages.job import Job, JobRequest, new_job
from wire.messages.metadata import Metadata, decode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import PARAMETERS, GenerationParameters
from wire.queues.sqlite import SqliteQueue
from wire.stores.directory import DirectoryStore
from worker.context import WorkerContext
from worker.generator import GeneratedPicture, ModelInfo, PictureRequest
from worker.init_image import load_init_image
from worker.png import encode_png
from worker.shutdown import ShutdownSignal
from worker.task import shared_parameters

SIZE = {"width": 64, "height": 64}
INIT_IMAGE = np.random.default_rng(0).integers(0, 255, (32, 48, 3), np.uint8)
NAME = picture_name("0190a6a0-0000-7000-8000-000000000000", 0)


@dataclass
class ScriptedGenerator:
    """Returns flat pictures; ``rejected`` seeds are withheld, ``error`` is raised."""

    capabilities: ModelCapabilities
    rejected: tuple[int, ...] = ()
    prompt_read: str | None = None
    side: int | None = None
    error: Exception | None = None
    requests: list[PictureRequest] = field(default_factory=list)

    @property
    def model(self) -> ModelInfo:
        """A model with the scripted capabilities."""
        return ModelInfo(self.capabilities, device="cpu", batch_size=4)

    def generate(self, requests, on_step, should_stop) -> list[GeneratedPicture]:  # noqa: ARG002
        """Record the requests; return a picture for each."""
        self.requests += requests
        if self.error:
            raise self.error
        return [self._picture(request.parameters) for request in requests]

    def _picture(self, parameters: GenerationParameters) -> GeneratedPicture:
        side = self.side or parameters.width
        return GeneratedPicture(
            np.zeros((side, side, 3), np.uint8),
            withheld=parameters.seed in self.rejected,
            prompt_read=self.prompt_read,
        )


@pytest.fixture
def generator() -> ScriptedGenerator:
    return ScriptedGenerator(
        ModelCapabilities(
            model_id="tiny",
            accepts=tuple(name for name in PARAMETERS if name != "loras"),
            defaults={"steps": 2, "guidance_scale": 1.0, **SIZE},
            size_multiple=16,
            max_steps=50,
            schedulers=("Euler",),
        )
    )


@pytest.fixture
def context(tmp_path: Path, generator: ScriptedGenerator) -> Iterator[WorkerContext]:
    made = WorkerContext(
        queue=SqliteQueue(tmp_path),
        events=SqliteEvents(tmp_path),
        store=DirectoryStore(tmp_path / "pictures"),
        generator=generator,
        settings=Settings(_env_file=None, data_dir=tmp_path, worker_name="tester"),
        shutdown=ShutdownSignal(60),
    )
    yield made
    made.queue.close()
    made.events.close()


def process(context: WorkerContext, *requests: dict[str, object]) -> list[Job]:
    jobs = [new_job(JobRequest(prompt="a boat", **fields)) for fields in requests]
    for job in jobs:
        context.queue.publish(job)
    process_ready_jobs(context)
    return jobs


def metadata_of(context: WorkerContext, job: Job) -> Metadata:
    return decode_metadata(context.store.get(metadata_name(job.id)))


def pictures_in(context: WorkerContext) -> list[str]:
    return [each.name for each in context.store.entries() if each.name.endswith(".png")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"steps": 51}, "at most 50 steps, not 51"),
        ({"scheduler": "Heun"}, "no scheduler Heun for this model; there are: Euler"),
        ({"width": 72}, "a multiple of 16 pixels"),
        ({"init_image": NAME}, f"The initial picture {NAME} is not in the gallery"),
    ],
)
def test_job_that_the_model_cannot_generate_fails_at_once(
    context: WorkerContext, fields: dict[str, object], reason: str
):
    """It is dead-lettered at its first attempt, with the sentence, and its neighbour finishes."""
    refused, good = process(context, fields, {})
    [dead] = context.queue.dead_letters(10)
    assert reason in dead.reason
    assert dead.job.id == refused.id
    assert pictures_in(context) == [picture_name(good.id, 0)]


def test_unusable_parameters_found_by_the_generator_fail_at_once(
    context: WorkerContext, generator: ScriptedGenerator
):
    """What only the model can find, such as a LoRA that does not fit, is not tried again either."""
    generator.error = MessageError("The LoRA style does not fit the model.")
    process(context, {})
    [dead] = context.queue.dead_letters(10)
    assert dead.reason == "The LoRA style does not fit the model."
    assert len(generator.requests) == 1


def test_init_image_reaches_the_generator(context: WorkerContext, generator: ScriptedGenerator):
    """Each picture of a job is generated from the stored pixels."""
    context.store.put(NAME, encode_png(INIT_IMAGE), "image/png")
    [job] = process(context, {"init_image": NAME, "strength": 0.5, "count": 2})
    assert [np.array_equal(each.init_image, INIT_IMAGE) for each in generator.requests] == [1, 1]
    assert metadata_of(context, job).diffusion_task == "image_to_image"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"GIF89a", "is not a PNG file"),
        (encode_png(INIT_IMAGE)[:40], "cannot be decoded"),
        (encode_png(INIT_IMAGE)[:16] + b"\0\1\0\0\0\1\0\0", "65536 x 65536 pixels"),
    ],
)
def test_unreadable_init_image_is_refused(tmp_path: Path, body: bytes, reason: str):
    """Its sentence says why; the size is read before the pixels are decoded."""
    store = DirectoryStore(tmp_path)
    store.put(NAME, body.ljust(24, b"\0"), "image/png")
    with pytest.raises(MessageError, match=reason):
        load_init_image(store, NAME)


def test_withheld_picture_is_not_stored(context: WorkerContext, generator: ScriptedGenerator):
    """Event and metadata say which picture was withheld; the job is done."""
    generator.rejected = (8,)
    [job] = process(context, {"seed": 7, "count": 3})
    events = context.events.receive(timeout=0)
    [withheld] = [event for event in events if event.kind == "withheld"]
    [done] = [event for event in events if event.kind == "done"]
    metadata = metadata_of(context, job)
    assert pictures_in(context) == [picture_name(job.id, 0), picture_name(job.id, 2)]
    assert (withheld.picture, withheld.name) == (1, None)
    assert "safety checker" in withheld.detail
    assert done.detail == "2 pictures stored. 1 withheld by the safety checker."
    assert metadata.withheld == (1,)
    assert metadata.pictures == (picture_name(job.id, 0), picture_name(job.id, 2))


def test_metadata_states_what_was_read_and_the_true_size(
    context: WorkerContext, generator: ScriptedGenerator
):
    """A prompt that was read in part, and a size that the pipeline rounded, are not hidden."""
    generator.prompt_read, generator.side = "a boat in", 56
    [job] = process(context, {"width": 64})
    metadata = metadata_of(context, job)
    assert metadata.prompt_read == "a boat in"
    assert (metadata.image_width, metadata.image_height) == (56, 56)
    assert metadata.parameters.width == 64


def test_pictures_of_one_call_may_differ_in_prompt_and_seed_only():
    """Pictures with and without an initial picture or negative prompt need separate calls."""
    plain = GenerationParameters(prompt="a boat", seed=1)
    other = GenerationParameters(prompt="a cat", seed=2)
    negative = GenerationParameters(prompt="a boat", negative_prompt="ugly")
    negatives = negative.model_copy(update={"negative_prompt": "blurred"})
    shared = shared_parameters(plain)
    assert shared == shared_parameters(other)
    assert shared_parameters(negative) == shared_parameters(negatives)
    assert shared != shared_parameters(negative)
    assert shared != shared_parameters(plain.model_copy(update={"init_image": NAME}))
    assert shared != shared_parameters(plain.model_copy(update={"scheduler": "Euler"}))
