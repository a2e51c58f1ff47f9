"""A worker under a test's control, on the same queue, events and store as a real one."""

import io
import time
from pathlib import Path

from PIL import Image

from tests.support.conditions import wait_until
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.metadata import Metadata, Timings, encode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import PARAMETERS
from wire.queues.base import Delivery
from wire.queues.sqlite import SqliteQueue
from wire.stores.capabilities import write_capabilities
from wire.stores.directory import DirectoryStore

STEPS = 4
MODEL = ModelCapabilities(
    model_id="models/demo",
    accepts=PARAMETERS,
    defaults={"width": 256, "height": 256, "steps": 8, "guidance_scale": 7.5},
    size_multiple=16,
    max_side=1024,
    max_steps=50,
    schedulers=("DDIM", "DPM++ 2M Karras", "Euler", "Euler a", "UniPC"),
    loras=("ink-sketch", "watercolour"),
)
_NAME = "worker-1"


class ScriptedWorker:
    """Receive jobs and generate pictures of one colour; its model accepts every parameter."""

    def __init__(self, data_dir: Path) -> None:
        self._queue = SqliteQueue(data_dir)
        self._events = SqliteEvents(data_dir)
        self._store = DirectoryStore(data_dir / "pictures")

    def announce(self, model: ModelCapabilities = MODEL) -> None:
        """Announce what the model accepts, as a worker that has loaded it."""
        self._events.publish(Event(kind="ready", worker=_NAME, model=model))
        write_capabilities(self._store, model)

    def receive(self) -> Delivery:
        """Wait for a job and receive it."""
        [delivery] = wait_until(lambda: self._queue.receive(1, 1), what="a job to receive")
        self._publish("received", delivery.job.id, job=delivery.job)
        return delivery

    def step(
        self, delivery: Delivery, picture: int, step: int, preview: bytes | None = None
    ) -> None:
        """Report a finished step of a picture."""
        fields = {"picture": picture, "step": step, "steps": STEPS, "preview": preview}
        self._publish("step", delivery.job.id, **fields)

    def store(self, delivery: Delivery, picture: int) -> None:
        """Store a picture."""
        name = picture_name(delivery.job.id, picture)
        self._store.put(name, _plain(picture), "image/png")
        self._publish("stored", delivery.job.id, picture=picture, name=name)

    def withhold(self, delivery: Delivery, picture: int) -> None:
        """Report that the safety checker rejected a picture."""
        self._publish("withheld", delivery.job.id, picture=picture, detail="Unsafe.")

    def finish(self, delivery: Delivery) -> None:
        """Store the metadata of a job and acknowledge it."""
        job = delivery.job
        metadata = _metadata(job)
        self._store.put(metadata_name(job.id), encode_metadata(metadata), "application/json")
        self._publish("done", job.id, timings=metadata.timings)
        self._queue.acknowledge(delivery)

    def fail(self, delivery: Delivery, reason: str) -> None:
        """Reject a job."""
        self._queue.reject(delivery, reason)
        self._publish("failed", delivery.job.id, detail=reason)

    def generate(self) -> Job:
        """Receive a job, store its pictures, finish and return it."""
        delivery = self.receive()
        for picture in range(delivery.job.count):
            self.step(delivery, picture, STEPS)
            self.store(delivery, picture)
        self.finish(delivery)
        return delivery.job

    def close(self) -> None:
        """Close the queue and the events."""
        self._events.close()
        self._queue.close()

    def _publish(self, kind: str, job_id: str, **fields: object) -> None:
        self._events.publish(Event(kind=kind, worker=_NAME, job_id=job_id, **fields))


def _plain(picture: int) -> bytes:
    image = Image.new("RGB", (64, 64), ("#f2a33a", "#6aa5ff", "#ae90ff", "#3ccfb0")[picture % 4])
    body = io.BytesIO()
    image.save(body, "PNG")
    return body.getvalue()


def _metadata(job: Job) -> Metadata:
    return Metadata(
        prompt=job.prompt,
        image_width=64,
        image_height=64,
        lcm_model_id="models/demo",
        inference_steps=STEPS,
        guidance_scale=1,
        number_of_images=job.count,
        parameters=job.with_defaults(
            {"width": 64, "height": 64, "steps": STEPS, "guidance_scale": 1.0, "seed": 1044}
        ),
        seed=1044,
        use_seed=True,
        id=job.id,
        pictures=tuple(picture_name(job.id, number) for number in range(job.count)),
        seeds=tuple(range(1044, 1044 + job.count)),
        finished_at=time.time(),
        timings=Timings(waiting=1.5, painting=2.25, storing=0.04),
        worker=_NAME,
        device="cpu",
    )
