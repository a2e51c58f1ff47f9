"""`python -m dashboard.cli.run_example`, as a person runs it."""

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
from dashboard.fleet.worker_processes import as_environment
from tests.support.conditions import HANG_TIMEOUT, free_port, wait_until
from tests.support.samples import metadata_of
from wire.backends import open_events, open_queue, open_store
from wire.messages.event import Event
from wire.messages.picture import encode_metadata, metadata_name, picture_name
from wire.queues.base import Delivery, QueueDepth

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["laptop", "servers"])
def settings(request, tmp_path) -> Settings:
    """Point at an empty queue and an empty store, which no workers serve."""
    if request.param == "laptop":
        return on_laptop(tmp_path)
    broker = request.getfixturevalue("rabbitmq_settings").model_dump(exclude_defaults=True)
    store = request.getfixturevalue("minio_settings").model_dump(exclude_defaults=True)
    return Settings(_env_file=None, **(broker | store | {"data_dir": tmp_path, "fleet": "none"}))


def on_laptop(folder: Path, **changes: object) -> Settings:
    """Point at a folder."""
    return Settings(_env_file=None, **({"data_dir": folder, "fleet": "none"} | changes))


def start(settings: Settings, *options: str, **variables: str) -> subprocess.Popen:
    """Start the command on these settings."""
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli.run_example", *options],
        cwd=ROOT,
        env=os.environ | as_environment(settings) | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(command: subprocess.Popen) -> tuple[int, str]:
    """Wait for its end, and return exit code and output."""
    output, _ = command.communicate(timeout=HANG_TIMEOUT)
    return command.returncode, output


class Painter:
    """A worker inside the test, which does with each job what the test says."""

    def __init__(self, settings: Settings, work: Callable[["Painter", Delivery], None]) -> None:
        self.queue, self.store = open_queue(settings), open_store(settings)
        self.events = open_events(settings)
        self._work = work
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Painter":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self.queue.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for delivery in self.queue.receive(1, timeout=0.1):
                self.tell("received", delivery, job=delivery.job)
                self._work(self, delivery)

    def tell(self, kind: str, delivery: Delivery, **fields: object) -> None:
        """Send an event about a job."""
        event = Event(kind=kind, worker="painter", job_id=delivery.job.id, **fields)
        self.events.publish(event)


def paint(painter: Painter, delivery: Delivery) -> None:
    """Do a job as it should be done."""
    job = delivery.job
    for number in range(job.count):
        painter.tell("step", delivery, picture=number, step=1, steps=1)
        painter.store.put(picture_name(job.id, number), b"png", "image/png")
        painter.tell("stored", delivery, picture=number, name=picture_name(job.id, number))
    metadata = encode_metadata(metadata_of(job))
    painter.store.put(metadata_name(job.id), metadata, "application/json")
    painter.queue.acknowledge(delivery)
    painter.tell("done", delivery)


def fail(painter: Painter, delivery: Delivery) -> None:
    """Fail a job as a worker fails one."""
    painter.queue.reject(delivery, "The pipeline ran out of memory.")
    painter.tell("failed", delivery, detail="The pipeline ran out of memory.")


def lose(_painter: Painter, _delivery: Delivery) -> None:
    """Keep a job and do nothing."""


def without_words(painter: Painter, delivery: Delivery) -> None:
    """Do a job, and let every event about it be lost."""
    painter.tell = lambda *_, **__: None
    paint(painter, delivery)


@pytest.mark.parametrize("work", [paint, without_words])
def test_it_ends_well_once_all_pictures_are_stored(settings, work):
    """Prompt and number come from the environment; each printed place holds an object."""
    with Painter(settings, work) as painter:
        command = start(settings, PROMPT="yellow submarine", NUM_IMAGES="7")
        code, output = finish(command)
        assert code == 0, output
        places = [line for line in output.splitlines() if line.endswith((".png", ".json"))]
        names = [place.rpartition("/")[2] for place in places]
        assert [Path(name).suffix for name in names] == [".png"] * 7 + [".json"]
        assert all(painter.store.exists(name) for name in names)
        assert "yellow submarine" in output


def test_its_plain_lines_say_what_happens(tmp_path):
    """Where there is no terminal, each new state is a line; the pictures are files."""
    with Painter(on_laptop(tmp_path), paint):
        code, output = finish(start(on_laptop(tmp_path), NUM_IMAGES="2"))
    assert code == 0, output
    assert output.startswith("cartoon dwarf: 2 pictures, job ")
    assert "\ndone\n" in output
    assert "\x1b" not in output
    paths = [Path(line) for line in output.splitlines() if line.startswith(str(tmp_path))]
    assert [path.is_file() for path in paths] == [True] * 3


def test_a_failed_job_is_a_sentence_and_an_exit_code(settings):
    """A job that failed says why, and the command fails."""
    with Painter(settings, fail):
        code, output = finish(start(settings))
    assert code == 1
    assert output.endswith("The job failed: The pipeline ran out of memory.\n")


def test_it_gives_up_after_its_timeout(settings):
    """Nobody waits for ever: the command ends, the job stays."""
    code, output = finish(start(settings, "--timeout", "1"))
    assert code == 1
    assert "Timed out" in output
    with closing(open_queue(settings)) as queue:
        assert queue.depth().ready == 1


def test_ctrl_c_leaves_the_job_on_the_queue(settings):
    """Whoever stops waiting loses nothing, and is told so."""
    command = start(settings)
    with closing(open_queue(settings)) as queue:
        wait_until(lambda: queue.depth().ready == 1, what="the job is on the queue")
        command.send_signal(signal.SIGINT)
        code, output = finish(command)
        assert code == 130
        assert "stays on the queue" in output
        assert "Traceback" not in output
        assert queue.depth().ready == 1


def test_a_wrong_request_is_a_sentence(tmp_path):
    """What cannot be sent is refused with a sentence before anything starts."""
    code, output = finish(start(on_laptop(tmp_path), PROMPT=" "))
    assert code == 1
    assert output.startswith("The prompt is empty")
    code, output = finish(start(on_laptop(tmp_path), RABBITMQ_URL="http://localhost"))
    assert code == 1
    assert output.startswith("RABBITMQ_URL in the environment must start with amqp://")


def test_a_broker_that_is_away_is_a_sentence(tmp_path):
    """A job that nobody can keep is not sent, and the command says so."""
    away = on_laptop(tmp_path, rabbitmq_url=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    code, output = finish(start(away))
    assert code == 1
    assert "Traceback" not in output
    assert len(output.splitlines()) == 1


def test_without_a_dashboard_it_brings_its_own_workers(settings):
    """From nothing running to pictures on this machine, and nothing runs afterwards."""
    local = settings.model_copy(update={"fleet": "local"})
    code, output = finish(start(local, NUM_IMAGES="2"))
    assert code == 0, output
    pictures = [entry for entry in open_store(settings).entries() if entry.name.endswith(".png")]
    assert len(pictures) == 2
    assert "worker-1" in output
    assert running_on(settings.data_dir) == []


def test_beside_a_dashboard_it_leaves_the_workers_to_it(tmp_path):
    """With a dashboard running, its workers paint, and they stay when the command ends."""
    dashboard = runtime.start(on_laptop(tmp_path, fleet="local"))
    try:
        code, output = finish(start(dashboard.settings, NUM_IMAGES="2"))
        assert code == 0, output
        [worker] = dashboard.supervisor.status().workers
        assert running_on(tmp_path) == [worker.child.popen.pid]
    finally:
        runtime.stop()
    assert running_on(tmp_path) == []


def test_ctrl_c_in_the_middle_of_a_job_loses_nothing(tmp_path):
    """Its worker gives the job back, nothing is left running, and the job waits."""
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
