"""HTTP routes, on a fake context."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

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
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.gallery.gallery import Gallery
from dashboard.gallery.pictures import PictureReader
from dashboard.presentation import urls
from dashboard.presentation.urls import PLOTLY_URL
from dashboard.recordings import folder
from dashboard.routes import api, archive, files, health, metrics, recordings
from tests.support.samples import metadata_of
from wire.messages.job import MAX_MESSAGE_BYTES, Job, JobRequest, new_job
from wire.messages.metadata import decode_metadata, encode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import picture_name
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
class FakeContext:
    """The part of AppContext that routes use; also its store and its index."""

    snapshot: Snapshot = GOOD
    queue_error: Exception | None = None
    queue_accepts: int = 0
    """How many jobs are accepted before the error."""
    store_error: Exception | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    pending: set[str] = field(default_factory=set)
    full: tuple[str, ...] = ()
    submitted: list[Job] = field(default_factory=list)
    reads: int = 0
    time: float = 100.0
    replaying: bool = False
    sources: None = None
    during_read: Callable[[], None] = lambda: None
    settings: Settings = field(default_factory=lambda: Settings(_env_file=None))

    def __post_init__(self) -> None:
        """Make a gallery that reads the fake store."""
        self.gallery = Gallery(self, prompts=None, store=self, events=None)
        self.journal = Journal()
        self.sampler = SimpleNamespace(snapshot=lambda: self.snapshot)

    def is_deleted(self, name: str) -> bool:
        """Return whether the test deleted a picture."""
        return name in self.deleted

    def find(self, name: str) -> None:
        """Return that no picture is indexed."""

    def lacks_approval(self, job_id: str) -> bool:
        """Return whether the test requires approval of a job."""
        return job_id in self.pending

    def full_reasons(self) -> tuple[str, ...]:
        """Return the reasons that the test set."""
        return self.full

    def now(self) -> float:
        """Return the time that the test set."""
        return self.time

    def submit(self, request: JobRequest, submitter: str | None = None) -> Job:
        """Accept a job, or raise the test's error."""
        if self.queue_error and len(self.submitted) >= self.queue_accepts:
            raise self.queue_error
        self.submitted.append(new_job(request, submitter))
        return self.submitted[-1]

    def find_job(self, job_id: str) -> JobView | None:
        """Return a submitted job."""
        if self.store_error:
            raise self.store_error
        return next((initial_view(job) for job in self.submitted if job.id == job_id), None)

    def shown_pictures(self, view: JobView) -> tuple[str, ...]:
        """Return all pictures."""
        return view.pictures

    def get(self, name: str) -> bytes:
        """Return a picture, and count the call."""
        self.reads += 1
        self.during_read()
        if self.store_error:
            raise self.store_error
        if name not in self.pictures:
            raise ObjectMissing(f"There is no {name}.")
        return self.pictures[name]


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    context = FakeContext()
    monkeypatch.setattr(runtime, "current", lambda: context)
    monkeypatch.setattr(runtime, "live", lambda: context)
    return context


@pytest.fixture
def client(context: FakeContext) -> Iterator[TestClient]:  # noqa: ARG001, the routes use them
    routes = [*api.ROUTES, *archive.ROUTES, *files.ROUTES, *health.ROUTES, *recordings.ROUTES]
    with TestClient(Starlette(routes=routes)) as client:
        yield client


def test_submitted_job_can_be_polled(client: TestClient):
    """A submitted job is answered with its id and the URL of its status."""
    response = client.post("/api/jobs", json={"prompt": "cartoon dwarf", "count": 7})
    assert response.status_code == 202
    url = response.json()["url"]
    assert url == f"/api/jobs/{response.json()['id']}"
    job = client.get(url).json()
    assert job["state"] == "waiting"
    assert (job["prompt"], job["count"], job["pictures"]) == ("cartoon dwarf", 7, [])


def test_id_in_a_request_is_refused(client: TestClient, context: FakeContext):
    """No request overwrites another job's pictures by using its id."""
    taken = "019a6f00-0000-7000-8000-000000000001"
    response = client.post("/api/jobs", json={"prompt": "a cat", "id": taken})
    assert response.status_code == 422
    assert context.submitted == []


def test_parameter_without_effect_is_refused(client: TestClient, context: FakeContext):
    """A strength without an initial picture would change nothing, so it is no silent 202."""
    response = client.post("/api/jobs", json={"prompt": "a cat", "strength": 0.5})
    assert response.status_code == 422
    assert "strength has an effect only together with init_image" in response.json()["error"]
    assert context.submitted == []


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"negative_promt": "blurry"}, "negative_promt; did you mean negative_prompt?"),
        ({"negativePrompt": "blurry"}, "negativePrompt; did you mean negative_prompt?"),
        ({"num_inference_steps": 4}, "num_inference_steps; did you mean steps?"),
        ({"cfg_scale": 7}, "cfg_scale; did you mean guidance_scale?"),
        ({"num_images": 2}, "num_images; did you mean count?"),
        ({"in_parallel": True}, "in_parallel; did you mean separate?"),
        ({"loras": [{"name": "ink", "wieght": 0.5}]}, "wieght; did you mean weight?"),
        ({"priority": 9}, "priority. Fields: prompt, "),
    ],
    ids=str,
)
def test_unknown_field_is_refused_by_name(
    client: TestClient, context: FakeContext, fields: dict[str, object], hint: str
):
    """A misspelt field, or another tool's, is not ignored; the answer names the right one."""
    response = client.post("/api/jobs", json={"prompt": "a cat", **fields})
    assert response.status_code == 422
    assert f"There is no field {hint}" in response.json()["error"]
    assert context.submitted == []


def test_separate_pictures_are_a_job_each(client: TestClient, context: FakeContext):
    """The answer lists the jobs; their seeds are those that one job would use."""
    fields = {"prompt": "a cat", "count": 3, "seed": 2**32 - 2, "separate": True}
    jobs = client.post("/api/jobs", json=fields).json()["jobs"]
    assert [job["url"] for job in jobs] == [f"/api/jobs/{job.id}" for job in context.submitted]
    assert [(job.count, job.seed) for job in context.submitted] == [
        (1, 2**32 - 2),
        (1, 2**32 - 1),
        (1, 0),
    ]
    client.post("/api/jobs", json={"prompt": "a cat", "count": 2, "separate": True})
    assert [job.seed for job in context.submitted[3:]] == [None, None]


def test_error_among_separate_jobs_names_those_that_were_sent(
    client: TestClient, context: FakeContext
):
    """A client that receives an error does not lose the ids of the jobs before it."""
    context.queue_error, context.queue_accepts = QueueUnavailable("The queue is down."), 1
    fields = {"prompt": "a cat", "count": 3, "separate": True}
    response = client.post("/api/jobs", json=fields)
    assert response.status_code == 503
    [sent] = context.submitted
    assert f"1 of 3 jobs were sent ({sent.id}), then an error" in response.json()["error"]


def test_only_accepted_parameters_are_queued(client: TestClient, context: FakeContext):
    """What the announced model does not take is refused with a sentence, and nothing is queued."""
    context.snapshot = replace(GOOD, model=ModelCapabilities(model_id="m", max_steps=4))
    for fields in ({"negative_prompt": "blurry"}, {"steps": 5}):
        response = client.post("/api/jobs", json={"prompt": "a cat"} | fields)
        assert response.status_code == 422
        assert response.json()["error"].startswith("The model m takes ")
    assert context.submitted == []
    assert client.get("/api/state").json()["model"]["max_steps"] == 4
    context.snapshot = GOOD
    job = {"prompt": "a cat", "negative_prompt": "blurry", "guidance_scale": 7, "seed": -1}
    assert client.post("/api/jobs", json=job).status_code == 202
    assert context.submitted[0].negative_prompt == "blurry"


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
        (b'{"prompt": "a cat", "negative_prompt": "nude"}', 422),
        (b'"' + b"a" * MAX_MESSAGE_BYTES, 413),
    ],
)
def test_invalid_body_is_refused_with_a_sentence(
    client: TestClient, context: FakeContext, body: bytes, status: int
):
    """Any invalid body is answered with a 4xx and a sentence, and nothing is queued."""
    headers = {"Content-Type": "application/json"}
    response = client.post("/api/jobs", content=body, headers=headers)
    assert response.status_code == status
    assert response.json()["error"].endswith(".")
    assert context.submitted == []


def test_wrong_keys_are_rate_limited(client: TestClient, monkeypatch: pytest.MonkeyPatch):
    """With login, wrong keys are answered with 401, and after a few with 429."""
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
def test_only_json_is_accepted(client: TestClient, kind: str):
    """Forms of other sites cannot submit jobs: JSON requires a preflight request."""
    response = client.post(
        "/api/jobs", content=b'{"prompt": "a cat"}', headers={"Content-Type": kind}
    )
    assert response.status_code == 415
    assert "application/json" in response.json()["error"]


def test_unavailable_queue_is_answered_with_503(client: TestClient, context: FakeContext):
    """A job that cannot be queued is a server error with the queue's sentence."""
    context.queue_error = QueueUnavailable("The queue cannot be reached.")
    response = client.post("/api/jobs", json={"prompt": "a cat"})
    assert response.status_code == 503
    assert response.json() == {"error": "The queue cannot be reached."}


@pytest.mark.parametrize("job_id", ["nobody", "%00", "..", NAME.removesuffix("-0.png")])
def test_unknown_job_is_404(client: TestClient, job_id: str):
    """An unknown or invalid id is answered with 404."""
    response = client.get(f"/api/jobs/{job_id}")
    assert response.status_code == 404


def test_only_ids_reach_the_store(client: TestClient, context: FakeContext):
    """An invalid id is never looked up in the store."""
    context.store_error = StoreUnavailable("The store cannot be reached.")
    assert client.get("/api/jobs/a%00b").status_code == 404
    response = client.get(f"/api/jobs/{NAME.removesuffix('-0.png')}")
    assert response.status_code == 503
    assert response.json() == {"error": "The store cannot be reached."}


def test_state_has_ages_and_null_where_unknown(client: TestClient):
    """Each reading has its age; an unknown value is null, not zero."""
    state = client.get("/api/state").json()
    assert state["queue"] == {
        "value": {
            "ready": 3,
            "unacknowledged": None,
            "warnings": [],
            "deferred": 0,
            "paused": False,
        },
        "age": 0.5,
        "error": None,
    }
    assert state["counts"] == {
        "waiting": 3,
        "generating": None,
        "deferred": 0,
        "paused": False,
    }
    assert state["store"]["age"] == 2.0
    assert state["fleet"]["value"]["ready"] is None


def test_readings_age_while_no_snapshot_is_taken(client: TestClient, context: FakeContext):
    """A sampler that hangs shows in every age, and the dashboard is not ready."""
    context.time += 60
    assert client.get("/api/state").json()["queue"]["age"] == 60.5
    assert client.get("/readyz").status_code == 503
    assert _metrics(client)["stable_diffusion_reading_age_seconds"] == [60.5, 62, 61]


def _metrics(client: TestClient) -> dict[str, list[float]]:
    return {
        family.name: [sample.value for sample in family.samples]
        for family in text_string_to_metric_families(client.get("/metrics").text)
    }


def test_metrics_describe_the_fleet():
    """Metrics contain workers by phase, GPUs and the scaler's limits."""
    scaler = Scaler("ScaledObject", "rabbitmq queue tasks", 6, 1, 0, 8, 5, 150)
    workers = (Worker("a", "generating", "", 0), Worker("b", "pending", "", 0))
    nodes = (Node("n", "L4", 2, 1, True, 0, gpus=1),)
    fleet = Reading(FleetReading(scaler, 2, 1, workers, nodes), 99.0)
    text = metrics.exposition(replace(GOOD, fleet=fleet), 100.0)
    for line in (
        'workers{phase="generating"} 1.0',
        'workers{phase="pending"} 1.0',
        "gpu_nodes_ready 1.0",
        "gpu_slots 2.0",
        "gpu_slots_used 1.0",
        "gpus 1.0",
        "scaler_maximum 8.0",
        "scaler_jobs 6.0",
        "scaler_paused 0.0",
    ):
        assert f"stable_diffusion_{line}\n" in text


def test_metrics_have_the_time_in_line():
    """Half and nearly all of the recently received jobs waited no longer than this."""
    jobs = tuple(
        JobView(new_job(JobRequest(prompt="a")), "done", submitted_at=0.0, received_at=float(wait))
        for wait in range(1, 21)
    )
    text = metrics.exposition(replace(GOOD, jobs=jobs), 100.0, dead_letters=4)
    assert 'stable_diffusion_job_wait_seconds{quantile="0.5"} 10.0\n' in text
    assert 'stable_diffusion_job_wait_seconds{quantile="0.95"} 19.0\n' in text
    assert "stable_diffusion_dead_letters 4.0\n" in text
    much_later = metrics.exposition(replace(GOOD, jobs=jobs), 1000.0)
    assert "job_wait" not in much_later
    assert "dead_letters" not in much_later


def test_metrics_omit_unknown_values(client: TestClient):
    """An unknown value has no metric; it is never zero."""
    families = _metrics(client)
    assert families["stable_diffusion_jobs_waiting"] == [3]
    assert families["stable_diffusion_workers_wanted"] == [2]
    assert families["stable_diffusion_pictures_stored"] == [5]
    assert "stable_diffusion_jobs_in_progress" not in families
    assert "stable_diffusion_workers_ready" not in families


def test_picture_is_immutable_and_cached(client: TestClient, context: FakeContext):
    """A picture may be cached forever, and a hundred requests read the store once."""
    context.pictures[NAME] = b"png"
    responses = [client.get(f"/pictures/{NAME}") for _ in range(100)]
    assert {response.content for response in responses} == {b"png"}
    assert responses[0].headers["cache-control"] == "public, max-age=31536000, immutable"
    assert responses[0].headers["content-type"] == "image/png"
    assert context.reads == 1


@pytest.mark.parametrize(
    ("query", "accept", "kind"),
    [
        ("", "*/*", "PNG"),
        ("", "image/avif,image/webp,image/apng,image/*,*/*;q=0.8", "PNG"),
        ("", "image/webp", "WEBP"),
        ("", "text/html, image/jpeg;q=0.9", "JPEG"),
        ("", "image/jpeg;q=0.1, image/webp", "WEBP"),
        ("", "image/jpeg; level=1; Q=0.5, image/webp;q=0.6", "WEBP"),
        ("", "image/png;q=0, image/webp", "WEBP"),
        ("", "image/webp;q=0", "PNG"),
        ("", "image/webp;q=much", "WEBP"),
        ("?format=webp", "*/*", "WEBP"),
        ("?format=jpeg", "image/webp", "JPEG"),
        ("?format=png", "image/webp", "PNG"),
    ],
)
def test_picture_is_converted_on_request(
    client: TestClient, context: FakeContext, query: str, accept: str, kind: str
):
    """A program that asks for a format gets it; browsers, which take any, get the stored file."""
    context.pictures[NAME] = noisy_picture(64, 48)
    response = client.get(f"/pictures/{NAME}{query}", headers={"Accept": accept})
    assert Image.open(io.BytesIO(response.content)).format == kind
    assert response.headers["content-type"] == f"image/{kind.lower()}"
    assert response.headers["vary"] == "Accept"
    assert "immutable" in response.headers["cache-control"]


def test_unknown_format_is_refused_and_a_broken_picture_returned_as_it_is(
    client: TestClient, context: FakeContext
):
    """The refusal lists the formats."""
    context.pictures[NAME] = b"png"
    response = client.get(f"/pictures/{NAME}?format=bmp")
    assert response.status_code == 400
    assert response.json()["error"] == "There is no format bmp; there are: png, webp, jpeg."
    assert client.get(f"/pictures/{NAME}?format=webp").content == b"png"


def test_replay_and_live_run_share_no_cache(
    client: TestClient, context: FakeContext, monkeypatch: pytest.MonkeyPatch
):
    """The small pictures of a replay never replace those of the live run."""
    context.pictures[NAME] = b"RIFF....WEBP, small"
    context.replaying = True
    response = client.get(f"/pictures/{NAME}")
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["cache-control"] == "max-age=60"
    live = FakeContext(pictures={NAME: b"\x89PNG, large"})
    monkeypatch.setattr(runtime, "current", lambda: live)
    assert client.get(f"/pictures/{NAME}").content == b"\x89PNG, large"


def test_replay_that_ends_during_a_request_leaves_no_cached_picture(
    client: TestClient, context: FakeContext, monkeypatch: pytest.MonkeyPatch
):
    """A replay's small picture reaches neither the live run's cache nor immutable ones."""
    live = FakeContext(pictures={NAME: b"large"})
    other = FakeContext(pictures={NAME: b"other"}, replaying=True)
    context.pictures[NAME], context.replaying = b"small", True
    context.during_read = lambda: monkeypatch.setattr(runtime, "current", lambda: live)
    assert client.get(f"/pictures/{NAME}").headers["cache-control"] == "max-age=60"
    assert client.get(f"/pictures/{NAME}").content == b"large"
    monkeypatch.setattr(runtime, "current", lambda: other)
    assert client.get(f"/pictures/{NAME}").content == b"other"


@pytest.mark.parametrize(
    "name", ["x.png", "..%2f..%2fetc%2fpasswd", NAME.replace(".png", ".json"), NAME.upper()]
)
def test_only_names_of_pictures_reach_the_store(
    client: TestClient, context: FakeContext, name: str
):
    """Neither paths nor names of other objects reach the store."""
    assert client.get(f"/pictures/{name}").status_code == 404
    assert context.reads == 0


def test_missing_picture_is_not_cached(client: TestClient, context: FakeContext):
    """A picture that is missing now may be stored a second later."""
    missing = client.get(f"/pictures/{NAME}")
    assert missing.status_code == 404
    assert missing.headers["cache-control"] == "no-store"
    context.pictures[NAME] = b"png"
    assert client.get(f"/pictures/{NAME}").status_code == 200


def test_unavailable_store_is_answered_with_503(client: TestClient, context: FakeContext):
    """While the store is unavailable, the response contains the store's sentence."""
    context.store_error = StoreUnavailable("The store cannot be reached.")
    response = client.get(f"/pictures/{NAME}")
    assert response.status_code == 503
    assert response.json() == {"error": "The store cannot be reached."}


def test_picture_cache_is_bounded():
    """The cache drops the least recently used pictures, and holds none larger than itself."""
    reader = PictureReader({"a": b"12345", "b": b"12345", "c": b"12345", "d": b"x" * 11}.get, 10)
    for name in ("a", "b", "a", "c"):
        assert reader.read(name) == b"12345"
    assert list(map(reader.cached, "abc")) == [b"12345", None, b"12345"]
    assert reader.read("d") == b"x" * 11
    assert reader.cached("d") is None


def test_liveness_is_independent_of_backends(client: TestClient, context: FakeContext):
    """An unavailable broker is no reason to restart the dashboard."""
    context.snapshot = Snapshot(100.0, "laptop", ())
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("queue", "store", "named"),
    [
        (Reading(None, 99, "It is locked."), GOOD.store, "No answer from the queue. It is locked."),
        (GOOD.queue, Reading(), "No answer from the store."),
        (
            Reading(),
            Reading(None, 1, "Its key is unknown."),
            "No answer from the queue. No answer from the store. Its key is unknown.",
        ),
    ],
)
def test_readiness_names_unavailable_backends(
    client: TestClient, context: FakeContext, queue: Reading, store: Reading, named: str
):
    """The dashboard is ready only while queue and store respond."""
    assert client.get("/readyz").status_code == 200
    context.snapshot = Snapshot(100.0, "laptop", (), queue=queue, store=store)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"error": named}


def test_full_disk_is_not_ready(client: TestClient, context: FakeContext):
    """While nothing more can be stored, the dashboard is not ready, and says why."""
    context.full = ("Only 5 MB are free.",)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"error": "Only 5 MB are free."})
    assert client.get("/healthz").status_code == 200


def test_chart_library_is_compressed_for_browsers_that_accept_gzip(client: TestClient):
    """The library is sent in a third of its size and may be cached forever."""
    packed = client.get(PLOTLY_URL, headers={"Accept-Encoding": "gzip"})
    plain = client.get(PLOTLY_URL, headers={"Accept-Encoding": "identity"})
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert packed.content == plain.content
    assert "immutable" in packed.headers["cache-control"]


def test_thumbnail_is_small_and_cached(client: TestClient, context: FakeContext):
    """A thumbnail is at most 320 pixels wide, far fewer bytes, and may be cached forever."""
    context.pictures[NAME] = noisy_picture(640, 480)
    response = client.get(f"/thumbnails/{NAME}")
    assert response.headers["content-type"] == "image/webp"
    assert "immutable" in response.headers["cache-control"]
    assert Image.open(io.BytesIO(response.content)).size == (320, 240)
    assert len(response.content) < len(context.pictures[NAME]) / 10
    client.get(f"/thumbnails/{NAME}")
    assert context.reads == 1


def test_thumbnail_of_a_broken_picture_is_the_object_itself(
    client: TestClient, context: FakeContext
):
    """A broken object breaks its tile, not the page."""
    context.pictures[NAME] = b"not a picture"
    assert client.get(f"/thumbnails/{NAME}").content == b"not a picture"


@pytest.mark.parametrize("folder", ["pictures", "thumbnails"])
def test_deleted_picture_is_not_served_from_the_cache(
    client: TestClient, context: FakeContext, folder: str
):
    """A cached picture is not served any more once it is deleted."""
    context.pictures[NAME] = noisy_picture(8, 8)
    assert client.get(f"/{folder}/{NAME}").status_code == 200
    context.deleted.add(NAME)
    response = client.get(f"/{folder}/{NAME}")
    assert response.status_code == 410
    assert response.json() == {"error": "This picture was deleted."}


def test_picture_pending_approval_has_no_url(client: TestClient, context: FakeContext):
    """A picture is served neither whole, small nor zipped until it is approved."""
    job_id = NAME.removesuffix("-0.png")
    context.pictures[NAME] = noisy_picture(8, 8)
    urls = (f"/pictures/{NAME}", f"/thumbnails/{NAME}", f"/pictures.zip?names={NAME}")
    for url in urls:
        assert client.get(url).status_code == 200
    context.pending.add(job_id)
    for response in map(client.get, urls):
        assert response.status_code == 404
        assert response.headers["cache-control"] == "no-store"
    context.pending.clear()
    assert client.get(urls[0]).status_code == 200


def test_several_pictures_are_one_zip(client: TestClient, context: FakeContext):
    """A zip contains each requested picture once as stored, with its metadata, none deleted."""
    job_id = NAME.removesuffix("-0.png")
    names = [picture_name(job_id, number) for number in range(4)]
    metadata = metadata_of(Job(id=job_id, prompt="A red/blue cat?", seed=7, count=4))
    stored = encode_metadata(metadata.model_copy(update={"seeds": (7, 8, 9, 10)}))
    context.pictures = {name: name.encode() for name in names[:3]} | {f"{job_id}.json": stored}
    context.deleted.add(names[2])
    response = client.get("/pictures.zip", params={"names": ",".join([*names, names[0]])})
    assert response.headers["content-type"] == "application/zip"
    assert "pictures.zip" in response.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        first, second = "a-red-blue-cat_seed-7_1", "a-red-blue-cat_seed-8_2"
        day = archive.namelist()[0][:11]
        files = [f"{day}{stem}.{kind}" for stem in (first, second) for kind in ("png", "json")]
        assert archive.namelist() == files
        assert archive.read(files[2]) == names[1].encode()
        alone = decode_metadata(archive.read(files[3]))
    assert (alone.seed, alone.number_of_images, alone.pictures) == (8, 1, (names[1],))


def test_zip_without_metadata_still_holds_its_pictures(client: TestClient, context: FakeContext):
    """A job in progress has no metadata yet; nor does a damaged one keep its pictures back."""
    names = [NAME, "019a6f00-0000-7000-8000-0000000000cc-0.png"]
    context.pictures = dict.fromkeys(names, b"png") | {f"{names[1][:36]}.json": b"not JSON"}
    response = client.get("/pictures.zip", params={"names": ",".join(names)})
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        assert [name[10:] for name in archive.namelist()] == ["_picture_1.png", "_picture_1_2.png"]


def test_zip_breaks_off_when_the_store_fails_midway(client: TestClient, context: FakeContext):
    """Half a zip is never a whole answer: the connection breaks, as browsers report."""
    names = [NAME, NAME.replace("-0.png", "-1.png")]
    context.pictures = dict.fromkeys(names, b"png")

    def fail_at_the_second() -> None:
        if context.reads > 2:  # the first picture and its metadata
            context.store_error = StoreUnavailable("The store is away.")

    context.during_read = fail_at_the_second
    with pytest.raises(RuntimeError, match="response already started"):
        client.get("/pictures.zip", params={"names": ",".join(names)})


@pytest.mark.parametrize("names", ["", "../../etc/passwd", NAME], ids=["none", "a path", "missing"])
def test_zip_without_pictures_is_refused(client: TestClient, names: str):
    """A zip is never empty, and only names of pictures reach the store."""
    response = client.get("/pictures.zip", params={"names": names})
    assert response.status_code == 404
    assert response.json()["error"].startswith("The")


def test_zip_has_a_limit_and_fails_without_the_store(client: TestClient, context: FakeContext):
    """A zip has at most 100 pictures; without the store it is an error, not half a file."""
    many = ",".join(NAME.replace("-0.png", f"-{number}.png") for number in range(101))
    assert client.get("/pictures.zip", params={"names": many}).status_code == 413
    context.store_error = StoreUnavailable("The store does not response.")
    assert client.get("/pictures.zip", params={"names": NAME}).status_code == 503


def noisy_picture(width: int, height: int) -> bytes:
    """Return a PNG that compresses as badly as a photograph."""
    body = io.BytesIO()
    Image.effect_noise((width, height), 20).convert("RGB").save(body, "PNG")
    return body.getvalue()


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/jobs/1/2"])
def test_unknown_request_is_answered_in_json(client: TestClient, path: str):
    """A program that asks for what the API does not have gets an error, not a page."""
    response = client.get(path)
    assert response.status_code == 404
    assert response.json() == {"error": f"There is no GET {path}; docs/api.md lists the requests."}


@pytest.mark.parametrize("path", ["/pictures/", "/pictures/a/b.png", "/thumbnails/a/b.png"])
def test_unknown_picture_is_no_page(client: TestClient, path: str):
    """A picture's address that has more parts than a name gets an error, not a page."""
    response = client.get(path)
    assert (response.status_code, list(response.json())) == (404, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/jobs", "POST"),
        ("HEAD", "/api/jobs", "POST"),
        ("DELETE", "/api/jobs", "POST"),
        ("OPTIONS", "/api/jobs", "POST"),
        ("DELETE", f"/api/jobs/{NAME[:36]}", "GET, HEAD"),
        ("POST", "/api/state", "GET, HEAD"),
        ("PUT", "/healthz", "GET, HEAD"),
        ("POST", "/readyz", "GET, HEAD"),
        ("PATCH", "/metrics", "GET, HEAD"),
    ],
)
def test_wrong_method_names_the_right_one(client: TestClient, method: str, path: str, allowed: str):
    """A known path with another method is answered 405, with the methods that it takes."""
    response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert response.json() == {"error": f"{path} takes {allowed}, not {method}."}


def test_addresses_in_answers_are_below_the_base_path(client: TestClient, context: FakeContext):
    """A program that follows an answer's addresses stays below BASE_PATH."""
    urls.serve_below("/live")
    try:
        answer = client.post("/api/jobs", json={"prompt": "a cat"}).json()
        fields = api.job_fields(initial_view(context.submitted[0]), (NAME,))
    finally:
        urls.serve_below("")
    assert answer["url"] == f"/live/api/jobs/{answer['id']}"
    assert fields["pictures"] == [f"/live/pictures/{NAME}"]


def test_page_of_another_site_sends_no_job(client: TestClient, context: FakeContext):
    """Behind a proxy that rewrites Host, the origin shows whose page it was."""
    headers = {"origin": "http://evil.example"}
    assert client.post("/api/jobs", json={"prompt": "a cat"}, headers=headers).status_code == 403
    assert context.submitted == []


@pytest.mark.parametrize("part", ["", "/report", "/souvenir"])
def test_recording_that_is_deleted_meanwhile_is_missing(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, part: str
):
    """A recording that was found and then deleted is a 404 with a sentence, without its path."""
    monkeypatch.setattr(folder, "find", lambda _settings, name: tmp_path / name)
    response = client.get(f"/recordings/run.jsonl{part}")
    assert response.status_code == 404
    assert response.json() == {"error": "There is no recording with this name."}
