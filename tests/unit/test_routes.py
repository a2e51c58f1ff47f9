"""The HTTP interface, with the dashboard's parts played by the test."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import httpx
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.errors import ObjectMissing, QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import access, runtime
from dashboard.access import presenter_key
from dashboard.access.rate_limit import TokenBuckets
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.jobs import JobView, initial_view
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes import api, archive, files, metrics
from dashboard.routes.files import PictureCache
from wire.messages.job import MAX_MESSAGE, Job, JobRequest, new_job
from wire.queues.base import QueueDepth

NAME = "019a6f00-0000-7000-8000-000000000001-0.png"
GOOD = Snapshot(
    100.0,
    "laptop",
    (),
    queue=Reading(QueueDepth(3, None), 99.5),
    store=Reading(7, 98.0),
    fleet=Reading(FleetReading(None, 2, None, (), None), 99.0),
    pictures_total=5,
)


@dataclass
class Parts:
    """What the routes use of a running dashboard."""

    snapshot: Snapshot = GOOD
    queue_error: Exception | None = None
    store_error: Exception | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    withheld: set[str] = field(default_factory=set)
    submitted: list[Job] = field(default_factory=list)
    reads: int = 0
    time: float = 100.0
    replaying: bool = False
    recording: str = ""
    during_read: Callable[[], None] = lambda: None
    settings: Settings = field(default_factory=lambda: Settings(_env_file=None))

    @property
    def sampler(self) -> "_Sampler":
        """Return what makes snapshots."""
        return _Sampler(self)

    @property
    def store(self) -> "Parts":
        """Return what holds the pictures: the parts themselves."""
        return self

    @property
    def gallery(self) -> "Parts":
        """Return what knows of deleted pictures: the parts themselves."""
        return self

    index = gallery

    def is_deleted(self, name: str) -> bool:
        """Tell whether the test deleted a picture."""
        return name in self.deleted

    def is_withheld(self, job_id: str) -> bool:
        """Tell whether a job's pictures wait for approval."""
        return job_id in self.withheld

    def now(self) -> float:
        """Return the time that the test set."""
        return self.time

    def submit(self, request: JobRequest) -> Job:
        """Accept a job, or fail as the test says."""
        if self.queue_error:
            raise self.queue_error
        self.submitted.append(new_job(request))
        return self.submitted[-1]

    def find_job(self, job_id: str) -> JobView | None:
        """Find a job that was submitted."""
        if self.store_error:
            raise self.store_error
        return next((initial_view(job) for job in self.submitted if job.id == job_id), None)

    def shown_pictures(self, view: JobView) -> tuple[str, ...]:
        """Show all pictures: nothing waits for approval here."""
        return view.pictures

    def get(self, name: str) -> bytes:
        """Read a picture, and count that."""
        self.reads += 1
        self.during_read()
        if self.store_error:
            raise self.store_error
        if name not in self.pictures:
            raise ObjectMissing(f"There is no {name}.")
        return self.pictures[name]


@dataclass
class _Sampler:
    parts: Parts

    def snapshot(self) -> Snapshot:
        """Return the snapshot that the test set."""
        return self.parts.snapshot


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    parts = Parts()
    monkeypatch.setattr(runtime, "current", lambda: parts)
    monkeypatch.setattr(files, "_cache", PictureCache(1000))
    monkeypatch.setattr(files, "_thumbnails", PictureCache(100_000))
    monkeypatch.setattr(runtime, "live", lambda: parts)
    return parts


@pytest.fixture
def client(parts: Parts) -> Iterator[TestClient]:  # noqa: ARG001, the routes use them
    with TestClient(Starlette(routes=[*api.ROUTES, *archive.ROUTES, *files.ROUTES])) as client:
        yield client


def test_job_is_accepted_and_can_be_followed(client: TestClient):
    """A job is answered with its id and an address that says how it is."""
    answer = client.post("/api/jobs", json={"prompt": "cartoon dwarf", "count": 7})
    assert answer.status_code == 202
    url = answer.json()["url"]
    assert url == f"/api/jobs/{answer.json()['id']}"
    job = client.get(url).json()
    assert job["state"] == "waiting"
    assert (job["prompt"], job["count"], job["pictures"]) == ("cartoon dwarf", 7, [])


def test_id_of_the_sender_is_not_taken(client: TestClient):
    """Nobody overwrites another job's pictures by naming its id."""
    chosen = "019a6f00-0000-7000-8000-000000000001"
    answer = client.post("/api/jobs", json={"prompt": "a cat", "id": chosen})
    assert answer.json()["id"] != chosen


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not JSON", 400),
        (b"[1]", 400),
        (b"[" * 50_000, 400),
        (b"\xff\xfe", 400),
        (b"{}", 422),
        (b'{"prompt": ""}', 422),
        (b'{"prompt": "a\\u0000b"}', 422),
        (b'{"prompt": "a", "count": 0}', 422),
        (b'{"prompt": "a", "count": -1}', 422),
        (b'{"prompt": "a", "count": 1000000000}', 422),
        (b'{"prompt": "a", "count": "7"}', 422),
        (json.dumps({"prompt": "a" * 60_000}).encode(), 422),
        (b'{"prompt": "a nude"}', 422),
        (b'"' + b"a" * MAX_MESSAGE, 413),
    ],
)
def test_bad_body_is_answered_with_a_sentence(
    client: TestClient, parts: Parts, body: bytes, status: int
):
    """Whatever is sent, the answer is a 4xx with a sentence, and nothing is queued."""
    headers = {"Content-Type": "application/json"}
    answer = client.post("/api/jobs", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].endswith(".")
    assert parts.submitted == []


def test_program_that_guesses_the_key_is_told_to_wait(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
):
    """Where people log in, wrong keys are answered with 401, and soon with 429."""
    policy = access.Policy(login=True, key=SecretStr("correct horse"))
    monkeypatch.setattr(access, "policy", lambda: policy)
    buckets = TokenBuckets(capacity=2, rate=1 / 10, clock=lambda: 100.0)
    monkeypatch.setattr(presenter_key, "_wrong_keys", buckets)

    def send(key: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"}
        return client.post("/api/jobs", json={"prompt": "a cat"}, headers=headers)

    assert send("correct horse").status_code == 202
    assert [send("wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert send("correct horse").headers["retry-after"] == "10"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_read(client: TestClient, kind: str):
    """Forms of other sites cannot send jobs: a browser would have to ask first."""
    answer = client.post(
        "/api/jobs", content=b'{"prompt": "a cat"}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]


def test_silent_queue_is_answered_with_503(client: TestClient, parts: Parts):
    """A job that cannot be queued is the server's failure, with the queue's own sentence."""
    parts.queue_error = QueueUnavailable("The queue cannot be reached.")
    answer = client.post("/api/jobs", json={"prompt": "a cat"})
    assert answer.status_code == 503
    assert answer.json() == {"error": "The queue cannot be reached."}


@pytest.mark.parametrize("job_id", ["nobody", "%00", "..", NAME.removesuffix("-0.png")])
def test_unknown_job_is_404(client: TestClient, job_id: str):
    """An id that nobody knows, or that is none, is answered with a sentence."""
    answer = client.get(f"/api/jobs/{job_id}")
    assert answer.status_code == 404


def test_only_ids_reach_the_store(client: TestClient, parts: Parts):
    """What is no id is not looked up, whatever state the store is in."""
    parts.store_error = StoreUnavailable("The store cannot be reached.")
    assert client.get("/api/jobs/a%00b").status_code == 404
    answer = client.get(f"/api/jobs/{NAME.removesuffix('-0.png')}")
    assert answer.status_code == 503
    assert answer.json() == {"error": "The store cannot be reached."}


def test_state_has_ages_and_null_where_unknown(client: TestClient):
    """Each reading comes with its age; what is not known is null and not zero."""
    state = client.get("/api/state").json()
    assert state["queue"] == {
        "value": {"ready": 3, "unacknowledged": None},
        "age": 0.5,
        "error": None,
    }
    assert state["store"]["age"] == 2.0
    assert state["fleet"]["value"]["ready"] is None


def test_readings_grow_old_although_no_snapshot_is_made(client: TestClient, parts: Parts):
    """A sampler that stands still is told by every age, and is no readiness."""
    parts.time += 60
    assert client.get("/api/state").json()["queue"]["age"] == 60.5
    assert client.get("/readyz").status_code == 503
    assert _metrics(client)["stable_diffusion_reading_age_seconds"] == [60.5, 62, 61]


def _metrics(client: TestClient) -> dict[str, list[float]]:
    return {
        family.name: [sample.value for sample in family.samples]
        for family in text_string_to_metric_families(client.get("/metrics").text)
    }


def test_metrics_tell_the_fleet():
    """Workers by phase, GPUs and the scaler's limits are there for whoever draws them."""
    scaler = Scaler("ScaledObject", "rabbitmq queue tasks", 6, 1, 0, 8, 5, 150)
    workers = (Worker("a", "generating", "", 0), Worker("b", "pending", "", 0))
    nodes = (Node("n", "L4", 2, 1, True, 0),)
    fleet = Reading(FleetReading(scaler, 2, 1, workers, nodes), 99.0)
    text = metrics.exposition(replace(GOOD, fleet=fleet), 100.0)
    for line in (
        'workers{phase="generating"} 1.0',
        'workers{phase="pending"} 1.0',
        "gpu_nodes_ready 1.0",
        "gpu_slots 2.0",
        "gpu_slots_used 1.0",
        "scaler_maximum 8.0",
        "scaler_jobs 6.0",
        "scaler_paused 0.0",
    ):
        assert f"stable_diffusion_{line}\n" in text


def test_metrics_leave_out_what_is_unknown(client: TestClient):
    """Prometheus gets the known numbers; an unknown one has no line, never a zero."""
    families = _metrics(client)
    assert families["stable_diffusion_jobs_waiting"] == [3]
    assert families["stable_diffusion_workers_wanted"] == [2]
    assert families["stable_diffusion_pictures_stored"] == [5]
    assert "stable_diffusion_jobs_in_progress" not in families
    assert "stable_diffusion_workers_ready" not in families


def test_picture_may_be_kept_for_ever(client: TestClient, parts: Parts):
    """A picture is cacheable for ever, and a hundred requests read the store once."""
    parts.pictures[NAME] = b"png"
    answers = [client.get(f"/pictures/{NAME}") for _ in range(100)]
    assert {answer.content for answer in answers} == {b"png"}
    assert answers[0].headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answers[0].headers["content-type"] == "image/png"
    assert parts.reads == 1


def test_pictures_of_a_replay_are_not_remembered(client: TestClient, parts: Parts):
    """The small pictures of a replay never take the place of the live run's."""
    parts.pictures[NAME] = b"RIFF....WEBP, small"
    parts.replaying = True
    answer = client.get(f"/pictures/{NAME}")
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "max-age=60"
    parts.pictures[NAME], parts.replaying = b"\x89PNG, large", False
    assert client.get(f"/pictures/{NAME}").content == b"\x89PNG, large"


def test_a_replay_that_ends_during_a_request_leaves_nothing_behind(
    client: TestClient, parts: Parts, monkeypatch: pytest.MonkeyPatch
):
    """A small picture of a replay never gets into the live run's memory, nor for ever anywhere."""
    live, other = Parts(pictures={NAME: b"large"}), Parts(pictures={NAME: b"other"})
    parts.pictures[NAME], parts.replaying, parts.recording = b"small", True, "one"
    other.replaying, other.recording = True, "another"
    parts.during_read = lambda: monkeypatch.setattr(runtime, "current", lambda: live)
    assert client.get(f"/pictures/{NAME}").headers["cache-control"] == "max-age=60"
    assert client.get(f"/pictures/{NAME}").content == b"large"
    monkeypatch.setattr(runtime, "current", lambda: other)
    assert client.get(f"/pictures/{NAME}").content == b"other"


@pytest.mark.parametrize(
    "name", ["x.png", "..%2f..%2fetc%2fpasswd", NAME.replace(".png", ".json"), NAME.upper()]
)
def test_only_names_of_pictures_reach_the_store(client: TestClient, parts: Parts, name: str):
    """Other objects of the bucket, and paths, are no pictures."""
    assert client.get(f"/pictures/{name}").status_code == 404
    assert parts.reads == 0


def test_missing_picture_is_not_remembered(client: TestClient, parts: Parts):
    """A picture that is not there yet may be there a second later."""
    missing = client.get(f"/pictures/{NAME}")
    assert missing.status_code == 404
    assert missing.headers["cache-control"] == "no-store"
    parts.pictures[NAME] = b"png"
    assert client.get(f"/pictures/{NAME}").status_code == 200


def test_silent_store_is_answered_with_503(client: TestClient, parts: Parts):
    """While the store is away, a picture is answered with the store's own sentence."""
    parts.store_error = StoreUnavailable("The store cannot be reached.")
    answer = client.get(f"/pictures/{NAME}")
    assert answer.status_code == 503
    assert answer.json() == {"error": "The store cannot be reached."}


def test_memory_for_pictures_is_bounded():
    """The cache forgets the pictures that nobody asked for lately."""
    cache = PictureCache(limit=10)
    cache.put("a", b"12345")
    cache.put("b", b"12345")
    cache.get("a")
    cache.put("c", b"12345")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"12345", None, b"12345")


def test_process_that_lives_is_healthy_whatever_is_away(client: TestClient, parts: Parts):
    """A broker that is away is no reason to restart the dashboard."""
    parts.snapshot = Snapshot(100.0, "laptop", ())
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("queue", "store", "named"),
    [
        (Reading(None, 99, "away"), GOOD.store, "No answer from the queue."),
        (GOOD.queue, Reading(), "No answer from the store."),
        (Reading(), Reading(None, 1, "away"), "No answer from the queue and the store."),
    ],
)
def test_readiness_names_what_is_away(
    client: TestClient, parts: Parts, queue: Reading, store: Reading, named: str
):
    """The dashboard is ready only while queue and store answer, and says which does not."""
    assert client.get("/readyz").status_code == 200
    parts.snapshot = Snapshot(100.0, "laptop", (), queue=queue, store=store)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"error": named}


def test_chart_library_is_compressed_for_browsers_that_unpack(client: TestClient):
    """The library travels in a third of its size, and may be kept for ever."""
    packed = client.get(files.PLOTLY_URL, headers={"Accept-Encoding": "gzip"})
    plain = client.get(files.PLOTLY_URL, headers={"Accept-Encoding": "identity"})
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content
    assert "immutable" in packed.headers["cache-control"]


def test_a_tile_gets_a_small_picture(client: TestClient, parts: Parts):
    """A thumbnail is at most 320 pixels wide, far fewer bytes, and cacheable for ever."""
    parts.pictures[NAME] = noisy_picture(640, 480)
    answer = client.get(f"/thumbnails/{NAME}")
    assert answer.headers["content-type"] == "image/webp"
    assert "immutable" in answer.headers["cache-control"]
    assert Image.open(io.BytesIO(answer.content)).size == (320, 240)
    assert len(answer.content) < len(parts.pictures[NAME]) / 10
    client.get(f"/thumbnails/{NAME}")
    assert parts.reads == 1


def test_what_is_no_picture_is_passed_on(client: TestClient, parts: Parts):
    """A broken object costs its tile, not the page: it is answered as it is."""
    parts.pictures[NAME] = b"not a picture"
    assert client.get(f"/thumbnails/{NAME}").content == b"not a picture"


@pytest.mark.parametrize("folder", ["pictures", "thumbnails"])
def test_deleted_picture_is_gone_at_once(client: TestClient, parts: Parts, folder: str):
    """A picture that is still remembered here is not shown any more once it is deleted."""
    parts.pictures[NAME] = noisy_picture(8, 8)
    assert client.get(f"/{folder}/{NAME}").status_code == 200
    parts.deleted.add(NAME)
    answer = client.get(f"/{folder}/{NAME}")
    assert answer.status_code == 410
    assert answer.json() == {"error": "This picture was deleted."}


def test_picture_that_waits_for_approval_is_at_no_address(client: TestClient, parts: Parts):
    """Who knows a picture's name does not get it, whole, small or zipped, until it is free."""
    job_id = NAME.removesuffix("-0.png")
    parts.pictures[NAME] = noisy_picture(8, 8)
    addresses = (f"/pictures/{NAME}", f"/thumbnails/{NAME}", f"/pictures.zip?names={NAME}")
    for address in addresses:
        assert client.get(address).status_code == 200
    parts.withheld.add(job_id)
    for answer in map(client.get, addresses):
        assert answer.status_code == 404
        assert answer.headers["cache-control"] == "no-store"
    parts.withheld.clear()
    assert client.get(addresses[0]).status_code == 200


def test_several_pictures_are_one_zip(client: TestClient, parts: Parts):
    """A zip holds what was asked for as it is stored, once each, without what was deleted."""
    names = [NAME.replace("-0.png", f"-{number}.png") for number in range(4)]
    parts.pictures = {name: name.encode() for name in names[:3]}
    parts.deleted.add(names[2])
    answer = client.get("/pictures.zip", params={"names": ",".join([*names, names[0]])})
    assert answer.headers["content-type"] == "application/zip"
    assert "pictures.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == names[:2]
        assert archive.read(names[1]) == names[1].encode()


@pytest.mark.parametrize("names", ["", "../../etc/passwd", NAME], ids=["none", "a path", "missing"])
def test_zip_without_pictures_is_refused(client: TestClient, names: str):
    """Nobody downloads an empty file, and nothing but names of pictures reaches the store."""
    answer = client.get("/pictures.zip", params={"names": names})
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("The")


def test_zip_has_a_limit_and_says_when_the_store_is_away(client: TestClient, parts: Parts):
    """A zip holds at most 100 pictures; without its store it is a sentence, not half a file."""
    many = ",".join(NAME.replace("-0.png", f"-{number}.png") for number in range(101))
    assert client.get("/pictures.zip", params={"names": many}).status_code == 413
    parts.store_error = StoreUnavailable("The store does not answer.")
    assert client.get("/pictures.zip", params={"names": NAME}).status_code == 503


def noisy_picture(width: int, height: int) -> bytes:
    """Make a PNG that cannot be compressed well, as a photograph."""
    body = io.BytesIO()
    Image.effect_noise((width, height), 20).convert("RGB").save(body, "PNG")
    return body.getvalue()
