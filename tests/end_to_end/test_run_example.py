"""`python -m dashboard.cli.run_example` as a subprocess."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from core.settings import Settings
from dashboard import runtime
from dashboard.fleet.worker_environment import as_environment
from tests.support.conditions import HANG_TIMEOUT, free_port, wait_until
from tests.support.samples import metadata_of
from wire.backends import open_events, open_queue, open_store
from wire.messages.event import Event
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name
from wire.messages.parameters import GenerationParameters, Lora
from wire.queues.base import Delivery, QueueDepth

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["laptop", "servers"])
def settings(request, tmp_path) -> Settings:
    """Return settings with an empty queue and store, and without workers."""
    if request.param == "laptop":
        return on_laptop(tmp_path)
    broker = request.getfixturevalue("rabbitmq_settings").model_dump(exclude_defaults=True)
    store = request.getfixturevalue("minio_settings").model_dump(exclude_defaults=True)
    return Settings(_env_file=None, **(broker | store | {"data_dir": tmp_path, "fleet": "none"}))


def on_laptop(folder: Path, **changes: object) -> Settings:
    """Return settings with a local queue and store."""
    return Settings(_env_file=None, **({"data_dir": folder, "fleet": "none"} | changes))


def start(settings: Settings, *options: str, **variables: str) -> subprocess.Popen:
    """Start the command with some settings."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli.run_example", *options],
        cwd=ROOT,
        env=os.environ | as_environment(settings) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(command: subprocess.Popen) -> tuple[int, str]:
    """Wait for the command; return its exit code and output."""
    output, _ = command.communicate(timeout=HANG_TIMEOUT)
    return command.returncode, output


class FakeWorker:
    """A worker that processes each job with a function of the test."""

    def __init__(self, settings: Settings, work: Callable[["FakeWorker", Delivery], None]) -> None:
        self.queue, self.store = open_queue(settings), open_store(settings)
        self.events = open_events(settings)
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "FakeWorker":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self.queue.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for delivery in self.queue.receive(1, timeout=0.1):
                self.emit("received", delivery, job=delivery.job)
                self._work(self, delivery)

    def emit(self, kind: str, delivery: Delivery, **fields: object) -> None:
        """Publish an event of a job."""
        event = Event(kind=kind, worker="fake", job_id=delivery.job.id, **fields)
        self.events.publish(event)


def generate(worker: FakeWorker, delivery: Delivery) -> None:
    """Complete a job."""
    job = delivery.job
    for number in range(job.count):
        worker.emit("step", delivery, picture=number, step=1, steps=1)
        worker.store.put(picture_name(job.id, number), b"png", "image/png")
        worker.emit("stored", delivery, picture=number, name=picture_name(job.id, number))
    metadata = encode_metadata(metadata_of(job))
    worker.store.put(metadata_name(job.id), metadata, "application/json")
    worker.queue.acknowledge(delivery)
    worker.emit("done", delivery)


def fail(worker: FakeWorker, delivery: Delivery) -> None:
    """Reject a job as a worker does."""
    worker.queue.reject(delivery, "The pipeline ran out of memory.")
    worker.emit("failed", delivery, detail="The pipeline ran out of memory.")


def generate_without_events(worker: FakeWorker, delivery: Delivery) -> None:
    """Complete a job whose later events are all lost."""
    worker.emit = lambda *_, **__: None
    generate(worker, delivery)


@pytest.mark.parametrize("work", [generate, generate_without_events])
def test_exits_with_success_once_all_pictures_are_stored(settings, work):
    """Prompt and number come from the environment; each printed location exists."""
    with FakeWorker(settings, work) as worker:
        command = start(settings, PROMPT="yellow submarine", NUM_IMAGES="7")
        code, output = finish(command)
        assert code == 0, output
        locations = [line for line in output.splitlines() if line.endswith((".png", ".json"))]
        names = [location.rpartition("/")[2] for location in locations]
        assert [Path(name).suffix for name in names] == [".png"] * 7 + [".json"]
        assert all(worker.store.exists(name) for name in names)
        assert "yellow submarine" in output


def test_without_a_terminal_progress_is_plain_lines(tmp_path):
    """Each new state is a line without escape codes, and the pictures are files."""
    with FakeWorker(on_laptop(tmp_path), generate):
        code, output = finish(start(on_laptop(tmp_path), NUM_IMAGES="2"))
    assert code == 0, output
    assert output.startswith("yellow submarine: 2 pictures, job ")
    assert "\ndone\n" in output
    assert "\x1b" not in output
    paths = [Path(line) for line in output.splitlines() if line.startswith(str(tmp_path))]
    assert [path.is_file() for path in paths] == [True] * 3


def test_options_are_the_parameters(tmp_path):
    """Each parameter has an option; without environment it is one yellow submarine."""
    received = []

    def remember(worker: FakeWorker, delivery: Delivery) -> None:
        received.append(delivery.job)
        generate(worker, delivery)

    options = ("--negative-prompt=blurry", "--guidance-scale=7.5", "--scheduler=Euler a")
    with FakeWorker(on_laptop(tmp_path), remember):
        settings = on_laptop(tmp_path)
        code, output = finish(
            start(settings, *options, "--loras=ink:0.8", "--loras=oil", "--seed=-1")
        )
    assert code == 0, output
    assert received[0].parameters == GenerationParameters(
        prompt="yellow submarine",
        negative_prompt="blurry",
        guidance_scale=7.5,
        scheduler="Euler a",
        loras=(Lora(name="ink", weight=0.8), Lora(name="oil")),
    )
    assert received[0].count == 1


def test_separate_submits_a_job_for_each_picture(tmp_path):
    """With --separate, workers share the pictures: their seeds are those of a single job."""
    jobs = []

    def remember(worker: FakeWorker, delivery: Delivery) -> None:
        jobs.append(delivery.job)
        generate(worker, delivery)

    with FakeWorker(on_laptop(tmp_path), remember):
        options = ("--separate", "--num-images=3", "--seed=7")
        code, output = finish(start(on_laptop(tmp_path), *options))
    assert code == 0, output
    assert sorted((job.count, job.seed) for job in jobs) == [(1, 7), (1, 8), (1, 9)]
    assert output.count(".png") == 3


def test_withheld_picture_is_not_waited_for(tmp_path):
    """A picture that the safety checker rejected is reported and has no location."""

    def withhold(worker: FakeWorker, delivery: Delivery) -> None:
        worker.emit("withheld", delivery, picture=0, detail="Unsafe.")
        metadata = metadata_of(delivery.job).model_copy(update={"withheld": (0,), "pictures": ()})
        body = encode_metadata(metadata)
        worker.store.put(metadata_name(delivery.job.id), body, "application/json")
        worker.queue.acknowledge(delivery)
        worker.emit("done", delivery)

    with FakeWorker(on_laptop(tmp_path), withhold):
        code, output = finish(start(on_laptop(tmp_path)))
    assert code == 0, output
    assert "done, 1 withheld by the safety checker" in output
    assert ".png" not in output


def test_failed_job_fails_the_command(settings):
    """The command prints the reason of the failure and exits with 1."""
    with FakeWorker(settings, fail):
        code, output = finish(start(settings))
    assert code == 1
    assert output.endswith("The job failed: The pipeline ran out of memory.\n")


def test_timeout_leaves_the_job_on_the_queue(settings):
    """The command exits with 1, and the job stays."""
    code, output = finish(start(settings, "--timeout", "1"))
    assert code == 1
    assert "Timed out" in output
    with closing(open_queue(settings)) as queue:
        assert queue.depth().ready == 1


def test_ctrl_c_leaves_the_job_on_the_queue(settings):
    """The command confirms that the job stays on the queue."""
    command = start(settings)
    with closing(open_queue(settings)) as queue:
        wait_until(lambda: queue.depth().ready == 1, what="the job is on the queue")
        command.send_signal(signal.SIGINT)
        code, output = finish(command)
        assert code == 130
        assert "stays on the queue" in output
        assert "Traceback" not in output
        assert queue.depth().ready == 1


def test_invalid_request_is_refused_with_a_sentence(tmp_path):
    """An invalid request or setting is refused before anything starts."""
    code, output = finish(start(on_laptop(tmp_path), PROMPT=" "))
    assert code == 1
    assert output.startswith("The prompt is empty")
    code, output = finish(start(on_laptop(tmp_path), RABBITMQ_URL="http://localhost"))
    assert code == 1
    assert output.startswith("RABBITMQ_URL in the environment must start with amqp://")


def test_unavailable_broker_is_reported_with_a_sentence(tmp_path):
    """Without a broker the command fails with one line and no stack trace."""
    unavailable = on_laptop(tmp_path, rabbitmq_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    code, output = finish(start(unavailable))
    assert code == 1
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1


def test_without_a_dashboard_it_starts_workers(settings):
    """The command starts a worker, and stops it at its end."""
    local = settings.model_copy(update={"fleet": "local"})
    code, output = finish(start(local, NUM_IMAGES="2"))
    assert code == 0, output
    pictures = [entry for entry in open_store(settings).entries() if entry.name.endswith(".png")]
    assert len(pictures) == 2
    assert "worker-1" in output
    assert running_on(settings.data_dir) == []


def test_beside_a_dashboard_it_starts_no_workers(tmp_path):
    """The dashboard's workers generate the pictures, and run on when the command ends."""
    dashboard = runtime.start(on_laptop(tmp_path, fleet="local"))
    try:
        code, output = finish(start(dashboard.settings, NUM_IMAGES="2"))
        assert code == 0, output
        [worker] = dashboard.supervisor.status().workers
        assert running_on(tmp_path) == [worker.child.popen.pid]
    finally:
        runtime.stop()
    assert running_on(tmp_path) == []


def test_ctrl_c_during_a_job_requeues_it(tmp_path):
    """The worker requeues the job, and no process is left running."""
    local = on_laptop(tmp_path, fleet="local", grace_period=0)
    command = start(local, NUM_IMAGES="100")
    wait_until(lambda: any(tmp_path.glob("pictures/*.png")), 120, "the first picture")
    command.send_signal(signal.SIGINT)
    code, output = finish(command)
    assert code == 130, output
    assert running_on(tmp_path) == []
    with closing(open_queue(local)) as queue:
        assert queue.depth() == QueueDepth(ready=1, unacknowledged=0)


def running_on(folder: Path) -> list[int]:
    """Return the ids of other processes whose settings name a data folder."""
    ours = ("DATA_DIR", str(folder))
    return [process.pid for process in psutil.process_iter() if ours in variables(process)]


def variables(process: psutil.Process) -> set[tuple[str, str]]:
    """Return a process's environment; nothing if it is another user's or has ended."""
    try:
        return set(process.environ().items())
    except psutil.Error:
        return set()
