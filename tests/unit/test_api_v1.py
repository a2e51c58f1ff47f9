"""The API for programs, in process, on a real context whose worker is the test.

Each answer is checked against the OpenAPI document.
"""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.errors import ObjectMissing, QueueFull, QueueUnavailable, StoreUnavailable
from core.settings import Settings
from dashboard import access
from dashboard.access import Policy, presenter_key
from dashboard.access.rate_limit import TokenBuckets
from dashboard.domain.fleet import FleetReading, Node, Scaler, Worker
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.gallery.pictures import MEDIA_TYPES
from dashboard.presentation import urls
from dashboard.routes import api
from dashboard.routes.middleware import KnownHosts
from dashboard.routes.refusals import ApiErrors, ShortPaths
from dashboard.routes.v1 import job_events, pictures, routes
from dashboard.routes.v1.catalog import OPERATIONS
from dashboard.routes.v1.document import document
from dashboard.routes.v1.state import to_state
from dashboard.runtime.context import AppContext
from tests.support.api_document import checked, validate
from tests.support.event_loop import run_async
from tests.support.running_context import reset, running_context
from tests.support.samples import metadata_of
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.metadata import encode_metadata
from wire.messages.object_names import metadata_name, picture_name
from wire.queues.base import QueueDepth

CAT = {"prompt": "a cat"}
JSON = {"Content-Type": "application/json"}
UNKNOWN = "019a6f00-0000-7000-8000-000000000001"
OTHER = "019a6f00-0000-7000-8000-000000000002"
THIRD = "019a6f00-0000-7000-8000-000000000003"
PRESENTER = {"Authorization": "Bearer correct horse"}
WEBUI = {"Authorization": "Bearer battery staple"}
APP = Starlette(
    routes=[*routes.ROUTES, *api.ROUTES],
    middleware=[
        Middleware(ApiErrors, base_path=""),
        Middleware(ShortPaths),
        Middleware(KnownHosts, settings=Settings(_env_file=None, allowed_hosts="testserver")),
    ],
)
CLIENT = TestClient(APP, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    """Run a dashboard without workers."""
    with running_context(tmp_path_factory.mktemp("data")) as context:
        yield context


@pytest.fixture(autouse=True)
def context(started: AppContext) -> Iterator[AppContext]:
    """Leave the queue empty, and approval off."""
    yield started
    reset(started)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the presenter's key and that of a program, and no wrong one yet."""
    policy = Policy(key=SecretStr("correct horse"), api_keys={"webui": SecretStr("battery staple")})
    monkeypatch.setattr(access, "policy", lambda: policy)
    monkeypatch.setattr(presenter_key, "_wrong_keys", TokenBuckets(capacity=2, rate=0.001))


def send(method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer to a request below ``/api/v1``, checked."""
    return checked(CLIENT.request(method, f"/api/v1{path}", **options))


def submit(**fields: object) -> dict[str, Any]:
    """Submit a job, and return it."""
    return send("POST", "/jobs", json=CAT | fields).json()["jobs"][0]


def receive(context: AppContext) -> Job:
    """Take the next job from the queue."""
    (delivery,) = context.queue.receive(1, 0)
    context.queue.acknowledge(delivery)
    context.publish(Event(kind="received", job_id=delivery.job.id, job=delivery.job, worker="w"))
    return delivery.job


def finish(context: AppContext, job: Job) -> str:
    """Store the picture of a job with its metadata, and return the picture's name."""
    name = picture_name(job.id, 0)
    context.store.put(name, b"\x89PNG\r\n\x1a\n", "image/png")
    metadata = encode_metadata(metadata_of(job))
    context.store.put(metadata_name(job.id), metadata, "application/json")
    context.gallery.index.add(name, context.now())
    context.publish(Event(kind="stored", job_id=job.id, picture=0, name=name))
    context.publish(Event(kind="done", job_id=job.id))
    return name


def picture(context: AppContext) -> str:
    """Generate a picture."""
    submit()
    return finish(context, receive(context))


# --- the document ---------------------------------------------------------------------------


def test_document_lists_every_route_and_method():
    """A client that is generated from the document has all that the server answers."""
    served = {
        (route.path.removeprefix("/api/v1"), method)
        for route in routes.ROUTES
        if re.match(r"/api/v1/(?!\{path)", route.path) and route.endpoint.__name__ != "refuse"
        for method in route.methods - {"HEAD"}
    }
    paths = document()["paths"]
    listed = {(path, method.upper()) for path in paths for method in paths[path]}
    assert listed == served == {(each.path, each.method) for each in OPERATIONS}


def test_document_is_valid_and_refers_only_to_what_it_has():
    """Generators of clients can read the document: names are unique, references resolve."""
    fields = json.loads(CLIENT.get("/api/openapi.json").text)
    assert fields["openapi"].startswith("3.1")
    assert fields["servers"] == [{"url": "/api/v1"}]
    names = [each["operationId"] for path in fields["paths"].values() for each in path.values()]
    assert len(set(names)) == len(names)
    schemas = fields["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(fields)))
    assert references <= set(schemas)
    assert "held" not in schemas["NewJob"]["properties"]


def test_each_format_of_a_picture_is_in_the_document():
    """A client learns which files it may get, and that without a format `Accept` decides."""
    operation = document()["paths"]["/pictures/{name}/file"]["get"]
    assert set(operation["responses"]["200"]["content"]) == set(MEDIA_TYPES.values())
    assert "default" not in operation["parameters"][-1]["schema"]


def test_every_field_of_an_answer_is_described():
    """A programmer finds in the document what a field means that its name does not say."""
    job = document()["components"]["schemas"]["Job"]["properties"]
    assert job["withheld"]["description"].startswith("Numbers of the pictures")
    assert job["count"]["description"] == "Number of pictures that were requested."


def test_page_shows_each_operation_and_needs_no_script_of_another_host():
    """The documentation works offline and under its policy: no script, nothing from elsewhere."""
    page = CLIENT.get("/api/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "<script" not in page.text
    assert all(each.name in page.text for each in OPERATIONS)
    hosts = set(re.findall(r'(?:src|href)="(\w+://[^"]*)"', page.text))
    assert not hosts
    style = re.search(r'stylesheet" href="([^"]+)"', page.text)[1]
    assert CLIENT.get(style).headers["content-type"].startswith("text/css")
    targets = set(re.findall(r'href="#([\w-]+)"', page.text))
    assert targets <= set(re.findall(r'id="([\w-]+)"', page.text))


# --- jobs -----------------------------------------------------------------------------------


def test_submitted_job_is_at_its_location():
    """A 202 names the job, which can be read there at once."""
    answer = send("POST", "/jobs", json=CAT | {"count": 3, "steps": 2})
    assert answer.status_code == 202
    (job,) = answer.json()["jobs"]
    assert answer.headers["Location"] == job["url"] == f"/api/v1/jobs/{job['id']}"
    read = send("GET", f"/jobs/{job['id']}").json()
    assert (read["state"], read["count"], read["parameters"]["steps"]) == ("waiting", 3, 2)
    assert read["received_at"] is None


def test_separate_pictures_are_jobs_without_one_location():
    """A request with ``separate`` lists its jobs."""
    answer = send("POST", "/jobs", json=CAT | {"count": 2, "separate": True})
    assert len(answer.json()["jobs"]) == 2
    assert "Location" not in answer.headers


def test_same_idempotency_key_names_the_same_job(context: AppContext):
    """A request that is sent again creates no second job; with other fields it is refused."""
    headers = {"Idempotency-Key": "3c2f"}
    first, again = (send("POST", "/jobs", json=CAT, headers=headers) for _ in range(2))
    assert first.json()["jobs"][0]["id"] == again.json()["jobs"][0]["id"]
    assert context.queue.depth().ready == 1
    other = send("POST", "/jobs", json=CAT | {"count": 2}, headers=headers)
    assert other.status_code == 422
    assert other.json()["type"] == "/api/docs#idempotency-key-reused"


def test_pages_of_jobs_have_each_job_once(context: AppContext):
    """Jobs come newest first, and none is repeated although further ones are submitted."""
    ids = [submit()["id"] for _ in range(5)]
    first = send("GET", "/jobs?limit=2&state=waiting").json()
    submit()
    second = send("GET", f"/jobs?limit=2&state=waiting&cursor={first['next_cursor']}").json()
    third = send("GET", f"/jobs?state=waiting&limit=2&cursor={second['next_cursor']}").json()
    found = [job["id"] for page in (first, second, third) for job in page["jobs"]]
    assert found == ids[::-1]
    assert third["next_cursor"] is None
    receive(context)
    assert send("GET", "/jobs?state=starting").json()["jobs"][0]["id"] == ids[0]


def test_cancelled_job_stays_cancelled_and_a_finished_one_is_kept(context: AppContext):
    """Cancelling twice is no error; what is done cannot be cancelled."""
    done = picture(context)
    job = submit()
    for _ in range(2):
        assert send("DELETE", f"/jobs/{job['id']}").json()["state"] == "cancelled"
    answer = send("DELETE", f"/jobs/{done[:36]}")
    assert answer.status_code == 409
    assert "nothing to cancel" in answer.json()["detail"]


@pytest.mark.usefixtures("keys")
def test_prompt_that_needs_approval_is_hidden(context: AppContext):
    """What waits for approval is shown to the presenter only."""
    context.approvals.require(True)
    answer = send("POST", "/jobs", json=CAT, headers=WEBUI)
    path = f"/jobs/{answer.json()['jobs'][0]['id']}"
    assert "hidden" in answer.json()["jobs"][0]["parameters"]["prompt"]
    assert "hidden" in send("GET", path, headers=WEBUI).json()["parameters"]["prompt"]
    assert send("GET", path, headers=PRESENTER).json()["parameters"]["prompt"] == "a cat"


def test_addresses_are_below_the_base_path(monkeypatch: pytest.MonkeyPatch):
    """Behind a path, all addresses in answers and in the document begin with it."""
    monkeypatch.setattr(urls, "_base_path", "/live")
    answer = CLIENT.post("/api/v1/jobs", json=CAT)
    assert answer.headers["Location"].startswith("/live/api/v1/jobs/")
    problem = CLIENT.post("/api/v1/jobs", json={}).json()
    assert problem["type"] == "/live/api/docs#invalid-fields"
    assert document()["servers"] == [{"url": "/live/api/v1"}]


# --- events ---------------------------------------------------------------------------------


class Stream:
    """Reads server-sent events from the application until the test has enough."""

    def __init__(self) -> None:
        self.text = ""
        self.status = 0
        self.enough = asyncio.Event()

    async def read(
        self, path: str, is_enough: Callable[[str], bool], headers: dict[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the jobs of the events that came until ``is_enough`` or the end."""
        request = httpx.Request("GET", f"http://testserver/api/v1{path}", headers=headers or {})
        scope = {
            "type": "http",
            "method": "GET",
            "path": request.url.path,
            "query_string": b"",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("testserver", 80),
            "scheme": "http",
        }

        async def receive_message() -> dict[str, str]:
            await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send_message(message: dict[str, Any]) -> None:
            self.status = message.get("status", self.status)
            self.text += message.get("body", b"").decode()
            if is_enough(self.text):
                self.enough.set()

        running = asyncio.create_task(APP(scope, receive_message, send_message))
        waiting = asyncio.create_task(self.enough.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        for task in (running, waiting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        return self.jobs()

    def jobs(self) -> list[dict[str, Any]]:
        """Return the data of the events."""
        found = [json.loads(each) for each in re.findall(r"^data: (.*)$", self.text, re.MULTILINE)]
        for job in found:
            validate({"$ref": "#/components/schemas/Job"}, job)
        return found


def never(_text: str) -> bool:
    """Read to the end."""
    return False


def test_stream_of_a_job_ends_with_it(context: AppContext):
    """A client sees the job at once, each change, and the end; then a 204 ends its attempts.

    How many steps it has is null until a worker reports it.
    """
    path = f"/jobs/{submit()['id']}/events"

    async def follow() -> tuple[list[dict[str, Any]], str]:
        stream = Stream()
        reading = asyncio.create_task(stream.read(path, never))
        while not stream.text:
            assert not reading.done()
            await asyncio.sleep(0.005)
        job = receive(context)
        context.publish(Event(kind="step", job_id=job.id, picture=0, step=1, steps=4, worker="w"))
        finish(context, job)
        return await reading, stream.text

    jobs, text = run_async(follow())
    assert (jobs[0]["state"], jobs[0]["steps"]) == ("waiting", None)
    assert jobs[-1]["state"] == "done"
    assert len(jobs[-1]["pictures"]) == 1
    last = re.findall(r"^id: (.*)$", text, re.MULTILINE)[-1]
    again = send("GET", path, headers={"Last-Event-ID": last})
    assert again.status_code == 204


def test_stream_of_all_jobs_resumes_after_the_last_event(context: AppContext):
    """A client that was away gets the jobs that changed meanwhile, finished ones too."""
    done, waiting = picture(context)[:36], submit()["id"]
    before = {"Last-Event-ID": f"{int((context.now() - 60) * 1000)}-waiting"}

    def has_both(text: str) -> bool:
        return done in text and waiting in text

    jobs = run_async(Stream().read("/events", has_both, before))
    states = {job["id"]: job["state"] for job in jobs}
    assert states[done] == "done"
    assert states[waiting] == "waiting"


def test_new_stream_has_changes_only_and_a_heartbeat(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """Without an id a stream begins with what happens next; it is never silent for long."""
    old = submit()["id"]
    monkeypatch.setattr(job_events, "HEARTBEAT_SECONDS", 0.01)

    async def follow() -> list[dict[str, Any]]:
        stream = Stream()
        reading = asyncio.create_task(stream.read("/events", lambda text: "later" in text))
        while stream.text.count(": heartbeat") < 3:
            assert not reading.done()
            await asyncio.sleep(0.005)
        context.publish(Event(kind="returned", job_id=old, detail="later"))
        return await reading

    # Events of before, which arrive again from the event stream, may precede it.
    jobs = run_async(follow())
    assert [job["id"] for job in jobs if job["detail"]] == [old]


def test_interrupted_resumption_leaves_out_no_job(context: AppContext):
    """Until all changed jobs were sent, events have the client's own id: the rest comes again."""
    picture(context), picture(context)
    before = f"{int((context.now() - 60) * 1000)}-waiting"
    stream = Stream()
    run_async(stream.read("/events", lambda text: "data" in text, {"Last-Event-ID": before}))
    first = re.search(r"^event: job\nid: (\d+)-", stream.text, re.MULTILINE)
    assert before.startswith(first[1])


def test_stream_without_events_can_be_resumed():
    """A client whose connection breaks before the first event has an id to continue from."""
    stream = Stream()
    run_async(stream.read("/events", bool))
    assert re.search(r"^id: \d+-[a-z]+\n\n", stream.text, re.MULTILINE)


def test_stream_ends_with_a_job_that_the_dashboard_forgot(
    context: AppContext, monkeypatch: pytest.MonkeyPatch
):
    """A finished job that was cleared before its end was sent is read from the store."""
    monkeypatch.setattr(job_events, "HEARTBEAT_SECONDS", 0.01)
    job = submit()

    async def follow() -> list[dict[str, Any]]:
        stream = Stream()
        reading = asyncio.create_task(stream.read(f"/jobs/{job['id']}/events", never))
        while not stream.text:
            assert not reading.done()
            await asyncio.sleep(0.005)
        finish(context, receive(context))
        context.clear_finished()
        return await reading

    assert run_async(follow())[-1]["state"] == "done"


def test_head_of_a_stream_ends():
    """A request for the headers alone is answered at once, and takes no place."""
    answer = CLIENT.head("/api/v1/events")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_too_many_streams_are_refused(monkeypatch: pytest.MonkeyPatch):
    """Streams are bounded, and a refused client knows when to try again."""
    monkeypatch.setattr(job_events, "_places", asyncio.Semaphore(0))
    answer = send("GET", "/events")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")


def test_streams_that_begin_at_once_are_bounded(monkeypatch: pytest.MonkeyPatch):
    """Of requests at the same moment no more are accepted than there are places."""
    monkeypatch.setattr(job_events, "_places", asyncio.Semaphore(1))
    streams = [Stream() for _ in range(3)]

    async def read_all() -> None:
        await asyncio.gather(*(stream.read("/events", bool) for stream in streams))

    run_async(read_all())
    assert [stream.status for stream in streams] == [200, 503, 503]


# --- pictures -------------------------------------------------------------------------------


def test_picture_has_its_file_metadata_and_star(context: AppContext):
    """All that pages know of a picture can be read, and its star set and removed."""
    name = picture(context)
    listed = send("GET", "/pictures").json()["pictures"][0]
    assert (listed["name"], listed["starred"]) == (name, False)
    details = send("GET", f"/pictures/{name}").json()
    assert details["metadata"]["prompt"] == details["prompt"]
    assert send("GET", f"/pictures/{name}/file").content.startswith(b"\x89PNG")
    for method, starred in (("PUT", True), ("PUT", True), ("DELETE", False)):
        assert send(method, f"/pictures/{name}/star").status_code == 204
        assert send("GET", f"/pictures/{name}").json()["starred"] == starred
    assert send("GET", "/pictures?starred=true").json()["pictures"] == []


def test_deleted_picture_is_gone(context: AppContext):
    """A deleted picture is deleted everywhere, which a second attempt is told."""
    name = picture(context)
    assert send("DELETE", f"/pictures/{name}").status_code == 204
    for method, path in (("GET", ""), ("GET", "/file"), ("DELETE", ""), ("PUT", "/star")):
        assert send(method, f"/pictures/{name}{path}").status_code == 410
    with pytest.raises(ObjectMissing):
        context.store.get(name)


def test_pages_of_pictures_have_each_picture_once(context: AppContext):
    """The cursor leads through all pictures."""
    for number in range(30):
        context.gallery.index.add(picture_name(OTHER, number), context.now())
    names: list[str] = []
    cursor = ""
    while cursor is not None:
        page = send("GET", f"/pictures{cursor and '?cursor=' + cursor}").json()
        names += [each["name"] for each in page["pictures"]]
        cursor = page["next_cursor"]
    assert len(names) == len(set(names)) == page["total"]
    assert page["complete"] is context.gallery.index.complete


def test_cursor_of_a_deleted_picture_keeps_its_place(context: AppContext):
    """A picture that another viewer deletes between two pages repeats and hides no other one."""
    for number in range(30):
        context.gallery.index.add(picture_name(THIRD, number), context.now() + 60)
    cursor = send("GET", "/pictures").json()["next_cursor"]
    following = send("GET", f"/pictures?cursor={cursor}").json()["pictures"]
    context.gallery.index.remove(cursor)
    assert send("GET", f"/pictures?cursor={cursor}").json()["pictures"][:5] == following[1:6]


# --- state ----------------------------------------------------------------------------------


def test_unknown_is_null_and_never_zero():
    """Readings that failed or were never made are null, with the reason."""
    failed = Reading(None, 5.0, "The queue does not answer.")
    state = to_state(Snapshot(10.0, "cluster", (), queue=failed, fleet=Reading()), 12.0)
    fields = json.loads(state.model_dump_json())
    validate({"$ref": "#/components/schemas/State"}, fields)
    assert fields["queue"] == {
        "age": 7.0,
        "error": "The queue does not answer.",
        "waiting": None,
        "deferred": None,
        "generating": None,
        "paused": None,
    }
    assert fields["fleet"]["workers"] is fields["fleet"]["ready"] is fields["model"] is None
    assert fields["store"]["pictures"] is None


def test_state_has_queue_scaler_workers_and_nodes():
    """A program reads what the pages show."""
    fleet = FleetReading(
        Scaler("ScaledObject", "rabbitmq", 3, 1.0, 0, 4, 1.0, 60.0, name="worker"),
        3,
        1,
        (Worker("w-1", "generating", "generates", 9.0, "n-1"),),
        (Node("n-1", "NVIDIA L4", 1, 1, True, 8.0),),
    )
    snapshot = Snapshot(
        10.0, "cluster", (), queue=Reading(QueueDepth(2, 1), 9.5), fleet=Reading(fleet, 9.0)
    )
    fields = json.loads(to_state(snapshot, 10.0).model_dump_json())
    validate({"$ref": "#/components/schemas/State"}, fields)
    assert (fields["queue"]["waiting"], fields["queue"]["generating"]) == (2, 1)
    assert (fields["fleet"]["wanted"], fields["fleet"]["scaler"]["maximum"]) == (3, 4)
    assert fields["fleet"]["nodes"][0]["product"] == "NVIDIA L4"
    reported = replace(snapshot, fleet=None, reported_workers=fleet.workers)
    assert to_state(reported, 10.0).fleet.workers[0].phase == "generating"


def test_state_can_be_read():
    """The state is served."""
    assert send("GET", "/state").json()["mode"] == "laptop"


# --- errors ---------------------------------------------------------------------------------


def faults(answer: httpx.Response) -> dict[str, str]:
    """Return what is wrong, by pointer or parameter."""
    errors = answer.json()["errors"]
    return {each.get("pointer") or each["parameter"]: each["detail"] for each in errors}


def test_every_wrong_field_is_named(context: AppContext):
    """A client learns of all faults at once, and nothing is queued."""
    answer = send("POST", "/jobs", json={"steps": 0, "loras": [{"name": "a", "weight": 9}]})
    assert answer.status_code == 422
    assert answer.json()["type"] == "/api/docs#invalid-fields"
    assert set(faults(answer)) == {"#/prompt", "#/steps", "#/loras/0/weight"}
    assert context.queue.depth().ready == 0
    unknown = send("POST", "/jobs", json=CAT | {"negative_promt": "dog"})
    assert "did you mean negative_prompt?" in faults(unknown)["#/negative_promt"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/jobs?limit=0", "limit"),
        ("/jobs?limit=many", "limit"),
        ("/jobs?state=lost", "state"),
        ("/jobs?cursor=../x", "cursor"),
        ("/jobs?page=2", "page"),
        ("/pictures?cursor=x", "cursor"),
        ("/pictures?starred=perhaps", "starred"),
        ("/pictures/x/file?format=gif", "format"),
    ],
)
def test_wrong_parameter_is_named(path: str, parameter: str):
    """A parameter that would have no effect is an error, not another answer."""
    answer = send("GET", path)
    assert answer.status_code == 422
    assert set(faults(answer)) == {parameter}


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"content": b"{", "headers": JSON}, 400),
        ({"content": b"[]", "headers": JSON}, 400),
        ({"data": CAT}, 415),
        ({"content": b" " * 70_000, "headers": JSON}, 413),
        ({"content": b'{"prompt": "a", "prompt": "b"}', "headers": JSON}, 400),
        ({"content": b'{"prompt": "a", "\\ud800": 1}', "headers": JSON}, 400),
        ({"content": b'{"prompt": "a", "loras": [{"\\ud800": 1}]}', "headers": JSON}, 400),
        ({"json": CAT | {"held": True}}, 422),
        ({"json": CAT, "headers": {"Idempotency-Key": "a b"}}, 400),
        ({"json": CAT, "headers": {"Origin": "https://evil.example"}}, 403),
        ({"json": CAT, "headers": {"Host": "evil.example"}}, 403),
        ({"json": {"prompt": "x" * 1001}}, 422),
    ],
)
def test_bad_request_is_a_problem(context: AppContext, options: dict[str, Any], status: int):
    """Each kind of bad input is refused in the one form, and nothing is queued."""
    answer = send("POST", "/jobs", **options)
    assert answer.status_code == answer.json()["status"] == status
    assert len(answer.json()["detail"]) > 20
    assert context.queue.depth().ready == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/jobs/{UNKNOWN}"),
        ("GET", "/jobs/x"),
        ("DELETE", f"/jobs/{UNKNOWN}"),
        ("GET", f"/jobs/{UNKNOWN}/events"),
        ("GET", f"/pictures/{UNKNOWN}-0.png"),
        ("GET", "/pictures/x"),
        ("GET", f"/pictures/{UNKNOWN}-0.png/file"),
        ("DELETE", f"/pictures/{UNKNOWN}-0.png"),
        ("PUT", f"/pictures/{UNKNOWN}-0.png/star"),
    ],
)
def test_missing_resource_is_404(method: str, path: str):
    """What does not exist is a 404 with a sentence."""
    assert send(method, path).status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/jobs/x/y/z", f"/{'x' * 300}"])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_unknown_path_is_a_problem(method: str, path: str):
    """A wrong path never answers with a page, nor in another form."""
    answer = CLIENT.request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "about:blank")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("PUT", "/jobs", "GET, HEAD, POST"), ("PATCH", "/jobs/x", "DELETE, GET, HEAD")],
)
def test_wrong_method_names_the_right_ones(method: str, path: str, allowed: str):
    """A 405 has the header Allow."""
    answer = CLIENT.request(method, f"/api/v1{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    validate({"$ref": "#/components/schemas/Problem"}, answer.json())


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (QueueUnavailable("The broker does not answer."), 503, "queue-unavailable"),
        (StoreUnavailable("The store does not answer."), 503, "store-unavailable"),
        (QueueFull("10000 jobs wait, the maximum."), 429, "queue-full"),
        (ZeroDivisionError(), 500, None),
    ],
)
def test_failed_submission_has_its_cause(
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    status: int,
    kind: str | None,
):
    """A program can tell what is away from the type, and a person from the sentence."""

    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(AppContext, "submit", fail)
    answer = send("POST", "/jobs", json=CAT)
    assert answer.status_code == status
    assert answer.json()["type"] == (f"/api/docs#{kind}" if kind else "about:blank")
    assert str(error) in answer.json()["detail"]


def test_unavailable_store_is_a_503(context: AppContext, monkeypatch: pytest.MonkeyPatch):
    """While the store is away, changes of pictures fail with the reason, and nothing is lost."""
    name = picture(context)

    def fail(*_arguments: object) -> None:
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(type(context.gallery), "star", fail)
    monkeypatch.setattr(pictures, "_metadata", fail)
    for method, path in (("PUT", "/star"), ("GET", "")):
        answer = send(method, f"/pictures/{name}{path}")
        assert (answer.status_code, answer.json()["detail"]) == (503, "The store does not answer.")


def test_replay_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    """While pages show a recording, requests that would change it are refused."""
    monkeypatch.setattr(AppContext, "replaying", True)
    answer = send("POST", "/jobs", json=CAT)
    assert answer.status_code == 409
    assert "replay" in answer.json()["detail"]


# --- keys -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("keys")
def test_programs_need_a_key_where_there_are_some(context: AppContext):
    """Reading is open; a key submits; only the presenter's deletes; a wrong one is a 401."""
    name = picture_of_presenter(context)
    assert send("GET", "/jobs").status_code == 200
    without = send("POST", "/jobs", json=CAT)
    assert (without.status_code, without.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert send("POST", "/jobs", json=CAT, headers=WEBUI).status_code == 202
    assert send("PUT", f"/pictures/{name}/star", headers=WEBUI).status_code == 204
    assert send("DELETE", f"/pictures/{name}", headers=WEBUI).status_code == 403
    assert send("DELETE", f"/pictures/{name}", headers=PRESENTER).status_code == 204
    wrong = {"Authorization": "Bearer wrong"}
    assert [send("GET", "/jobs", headers=wrong).status_code for _ in range(3)] == [401, 401, 429]


def picture_of_presenter(context: AppContext) -> str:
    """Generate a picture where a key is needed."""
    send("POST", "/jobs", json=CAT, headers=PRESENTER)
    return finish(context, receive(context))


@pytest.mark.usefixtures("keys")
def test_idempotency_keys_of_programs_are_their_own():
    """A program whose key happens to be that of another gets a job of its own, not theirs."""
    same = {"Idempotency-Key": "1"}
    answers = [send("POST", "/jobs", json=CAT, headers=own | same) for own in (WEBUI, PRESENTER)]
    assert len({answer.json()["jobs"][0]["id"] for answer in answers}) == 2
    other = send("POST", "/jobs", json={"prompt": "a dog"}, headers=WEBUI | same)
    assert other.json()["type"] == "/api/docs#idempotency-key-reused"


@pytest.mark.usefixtures("keys")
def test_keys_have_turns_of_their_own(context: AppContext):
    """Programs behind one address share neither turns nor limits if they have keys."""
    for headers in (WEBUI, PRESENTER):
        send("POST", "/jobs", json=CAT, headers=headers)
    jobs = [delivery.job for delivery in context.queue.receive(2, 0)]
    assert len({job.submitter for job in jobs}) == 2


@pytest.mark.usefixtures("keys")
def test_older_api_takes_the_same_keys():
    """The older API submits with the same keys, and keeps its form."""
    refused = CLIENT.post("/api/jobs", json=CAT)
    assert (refused.status_code, set(refused.json())) == (401, {"error"})
    accepted = CLIENT.post("/api/jobs", json=CAT, headers=WEBUI)
    assert set(accepted.json()) == {"id", "url"}
