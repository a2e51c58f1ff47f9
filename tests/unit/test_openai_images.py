"""OpenAI's images interface, in process, on a real context whose worker is the test."""

import asyncio
import base64
import io
import json
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import httpx
import httpx2
import pytest
from openai import AsyncOpenAI, InternalServerError
from PIL import Image
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import Message

from core.settings import Settings
from dashboard import access
from dashboard.access import Policy, presenter_key
from dashboard.access.rate_limit import TokenBuckets
from dashboard.domain.jobs import JobView
from dashboard.routes import files
from dashboard.routes.middleware import KnownHosts
from dashboard.routes.openai import fields, held
from dashboard.routes.openai.errors import Refusal
from dashboard.routes.openai.routes import ROUTES
from dashboard.routes.refusals import ApiErrors, IgnoreDisconnects, ShortPaths
from dashboard.runtime.context import AppContext
from tests.support.event_loop import run_async
from tests.support.running_context import reset, running_context
from tests.support.samples import metadata_of, preview_file
from wire.messages.event import Event
from wire.messages.job import Job
from wire.messages.metadata import encode_metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import metadata_name, picture_name

PATH = "/v1/images/generations"
KEY = "correct horse"
BEARER = {"Authorization": f"Bearer {KEY}"}
MODEL = ModelCapabilities(
    model_id="models/demo", accepts=("prompt", "steps", "seed"), defaults={"steps": 4}, max_steps=6
)
APP = Starlette(routes=ROUTES, middleware=[Middleware(IgnoreDisconnects)])


def _png() -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "#6aa5ff").save(body, "PNG")
    return body.getvalue()


PICTURE = _png()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppContext]:
    """Run a dashboard without workers."""
    with running_context(tmp_path_factory.mktemp("data"), openai_wait_seconds=60) as context:
        yield context


@pytest.fixture
def context(started: AppContext) -> Iterator[AppContext]:
    """Leave the queue empty, and approval off."""
    yield started
    reset(started)


@pytest.fixture
def with_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a presenter's key, and no wrong one yet."""
    monkeypatch.setattr(access, "policy", lambda: Policy(key=SecretStr(KEY)))
    monkeypatch.setattr(presenter_key, "_wrong_keys", TokenBuckets(capacity=1, rate=0.001))


@dataclass
class Request:
    """One request and what a worker does meanwhile."""

    context: AppContext
    work: Callable[[AppContext, Job], None] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    path: str = PATH

    def post(self, **body: object) -> httpx.Response:
        """Return the answer."""
        return run_async(self._post({"prompt": "a cat"} | body))

    async def _post(self, body: dict[str, object]) -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            answer = asyncio.create_task(client.post(self.path, json=body, headers=self.headers))
            if self.work:
                self.work(self.context, await next_job(self.context, answer))
            return await answer


async def next_job(context: AppContext, answer: Awaitable[object] | None = None) -> Job:
    """Return the job that was sent, as a worker receives it."""
    while not (deliveries := context.queue.receive(1, 0)):
        assert not (isinstance(answer, asyncio.Task) and answer.done()), answer.result().text
        await asyncio.sleep(0.005)
    context.queue.acknowledge(deliveries[0])
    return deliveries[0].job


def finish(context: AppContext, job: Job) -> None:
    """Store all pictures of a job, with their events."""
    context.publish(Event(kind="received", job_id=job.id, job=job, worker="w"))
    for number in range(job.count):
        name = picture_name(job.id, number)
        context.store.put(name, PICTURE, "image/png")
        context.publish(Event(kind="stored", job_id=job.id, picture=number, name=name))
    context.publish(Event(kind="done", job_id=job.id))


def finish_with_lost_events(context: AppContext, job: Job) -> None:
    """Store all pictures of a job, of whose events only the last arrives."""
    for number in range(job.count):
        context.store.put(picture_name(job.id, number), PICTURE, "image/png")
    metadata = encode_metadata(metadata_of(job))
    context.store.put(metadata_name(job.id), metadata, "application/json")
    context.publish(Event(kind="done", job_id=job.id))


def fail(context: AppContext, job: Job) -> None:
    """Report that a job failed."""
    context.publish(Event(kind="failed", job_id=job.id, detail="Out of memory."))


def withhold(context: AppContext, job: Job) -> None:
    """Report that the safety checker rejected a job's picture."""
    context.publish(
        Event(kind="withheld", job_id=job.id, picture=0), Event(kind="done", job_id=job.id)
    )


def cancel(context: AppContext, job: Job) -> None:
    """Cancel a job, as anyone may on the Jobs page."""
    context.cancel(job.id)


def error_of(answer: httpx.Response) -> dict[str, str | None]:
    """Return an error in OpenAI's form."""
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return error


@pytest.mark.parametrize("work", [finish, finish_with_lost_events])
def test_answer_waits_for_all_pictures(context: AppContext, work: Callable[..., None]):
    """A held request is answered with all pictures of its job, be events lost."""
    answer = Request(context, work).post(n=2)
    assert answer.status_code == 200, answer.text
    files = [base64.b64decode(each["b64_json"]) for each in answer.json()["data"]]
    assert files == [PICTURE, PICTURE]
    assert answer.json()["created"] > 0


def test_format_and_compression(context: AppContext):
    """`output_format` selects the file format of the pictures."""
    answer = Request(context, finish).post(output_format="webp", output_compression=20)
    file = base64.b64decode(answer.json()["data"][0]["b64_json"])
    assert file[8:12] == b"WEBP"


def test_url_of_picture(context: AppContext):
    """`response_format` url gives the URL of each picture, in the format that was requested."""
    answer = Request(context, finish).post(response_format="url", output_format="jpeg")
    url = answer.json()["data"][0]["url"]
    name = picture_name(answer.headers["x-request-id"], 0)
    assert url == f"http://fleet/pictures/{name}?format=jpeg"


def generate_with_previews(context: AppContext, job: Job) -> None:
    """Generate a picture in four steps, with a preview after each of the first two."""
    context.publish(Event(kind="received", job_id=job.id, job=job, worker="w"))
    for step, colour in enumerate(("#100000", "#200000"), start=1):
        preview = preview_file(colour)
        step_event = Event(kind="step", job_id=job.id, picture=0, step=step, steps=4)
        context.publish(step_event.model_copy(update={"preview": preview}))


def events_of(answer: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    """Return the server-sent events of an answer."""
    blocks = [block for block in answer.text.split("\n\n") if block.startswith("event: ")]
    lines = [block.split("\n") for block in blocks]
    return [
        (name.removeprefix("event: "), json.loads(data.removeprefix("data: ")))
        for name, data in lines
    ]


@pytest.fixture
def generate_slowly(monkeypatch: pytest.MonkeyPatch) -> Callable[[AppContext, Job], None]:
    """Return the work that finishes a picture once its preview was sent."""
    follow, seen = held.follow, threading.Event()

    def work(context: AppContext, job: Job) -> None:
        generate_with_previews(context, job)
        threading.Thread(target=finish_after_preview, args=(context, job)).start()

    def finish_after_preview(context: AppContext, job: Job) -> None:
        seen.wait(20)
        finish(context, job)

    async def seen_follow(*arguments: object) -> AsyncGenerator[JobView]:
        async for view in follow(*arguments):
            yield view
            if view.preview:
                seen.set()

    monkeypatch.setattr(held, "follow", seen_follow)
    return work


def test_stream_has_a_preview_and_the_picture(
    context: AppContext, generate_slowly: Callable[[AppContext, Job], None]
):
    """With `stream`, a preview comes as a partial image, and then the picture."""
    answer = Request(context, generate_slowly).post(stream=True, partial_images=1)
    assert answer.headers["content-type"].startswith("text/event-stream")
    (first, partial), (second, completed) = events_of(answer)
    assert (first, second) == ("image_generation.partial_image", "image_generation.completed")
    assert (partial["type"], partial["partial_image_index"]) == (first, 0)
    assert base64.b64decode(partial["b64_json"]).startswith(b"\x89PNG")
    assert base64.b64decode(completed["b64_json"]) == PICTURE
    assert completed["created_at"] > 0


def test_error_of_a_stream_is_its_last_event(context: AppContext):
    """A job that fails while it is streamed ends the stream with an error in OpenAI's form."""
    (last,) = events_of(Request(context, fail).post(stream=True))
    assert last[0] == "error"
    assert last[1]["error"]["code"] == "generation_failed"


@pytest.mark.parametrize(
    ("work", "status", "code", "word"),
    [
        (fail, 500, "generation_failed", "Out of memory."),
        (withhold, 400, "moderation_blocked", "safety checker"),
        (cancel, 409, "cancelled", "cancelled"),
    ],
)
def test_job_without_pictures_is_an_error(
    context: AppContext, work: Callable[..., None], status: int, code: str, word: str
):
    """A failed, withheld or cancelled job is an error that says so, and is not sent again."""
    answer = Request(context, work).post()
    error = error_of(answer)
    assert (answer.status_code, error["code"]) == (status, code)
    assert word in error["message"]
    assert status == 400 or answer.headers["x-should-retry"] == "false"


def test_unfinished_job_is_kept_and_named(context: AppContext):
    """After the time that a request may wait, a 503 names the job, which stays on the queue."""
    answer = Request(context, headers={"Prefer": "wait=0"}).post()
    assert (answer.status_code, error_of(answer)["code"]) == (503, "not_finished")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["x-should-retry"] == "false"
    job = run_async(next_job(context))
    assert job.id in error_of(answer)["message"]


def test_request_with_a_key_gets_the_same_job_again(context: AppContext):
    """With an Idempotency-Key, a client may repeat a 503 and gets the pictures of its job."""
    headers = {"Idempotency-Key": "same", "Prefer": "wait=0"}
    unfinished = Request(context, headers=headers).post()
    assert "x-should-retry" not in unfinished.headers
    job = run_async(next_job(context))
    finish(context, job)
    again = Request(context, headers={"Idempotency-Key": "same"}).post()
    assert again.headers["x-request-id"] == job.id
    assert context.queue.depth().waiting == 0


def test_number_of_held_requests_is_bounded(context: AppContext, monkeypatch: pytest.MonkeyPatch):
    """Above the maximum of held requests nothing is sent, and a client may repeat it."""
    monkeypatch.setattr(held, "_places", asyncio.Semaphore(0))
    answer = Request(context).post()
    assert answer.status_code == 503
    assert answer.headers["x-should-retry"] == "true"
    assert context.queue.depth().waiting == 0


@pytest.mark.parametrize(("key", "state"), [(None, "cancelled"), ("k", "waiting")])
def test_disconnected_client_cancels_its_waiting_job(
    context: AppContext, key: str | None, state: str
):
    """A waiting job of a client that went away is cancelled, unless it can ask for it again."""
    sent: list[Message] = []

    async def scenario() -> None:
        bodies = [{"type": "http.request", "body": b'{"prompt": "a dog"}'}]

        async def receive() -> Message:
            if bodies:
                return bodies.pop()
            while not context.journal.unfinished():
                await asyncio.sleep(0.005)
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"content-type", b"application/json"), (b"host", b"fleet")]
        if key:
            headers.append((b"idempotency-key", key.encode()))
        scope = {"type": "http", "method": "POST", "path": PATH, "raw_path": PATH.encode()}
        scope |= {"headers": headers, "query_string": b"", "scheme": "http", "root_path": ""}
        await APP(scope, receive, send)

    run_async(scenario())
    assert not sent
    assert context.journal.jobs()[0].state == state


@pytest.mark.usefixtures("context")
def test_stop_of_the_dashboard_keeps_the_job(monkeypatch: pytest.MonkeyPatch):
    """A held request is answered when the server stops, and its job stays on the queue."""

    async def scenario() -> httpx.Response:
        is_held = asyncio.Event()

        async def find_job(_job_id: str) -> None:
            is_held.set()

        monkeypatch.setattr(held, "find_job", find_job)
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            answer = asyncio.create_task(client.post(PATH, json={"prompt": "a cat"}))
            await is_held.wait()
            answer.cancel()
            return await answer

    answer = run_async(scenario())
    assert answer.status_code == 503
    assert "kept on the queue" in error_of(answer)["message"]


@pytest.mark.usefixtures("with_key")
def test_pictures_that_need_approval(context: AppContext):
    """With approval on, a request without the key is sent, and its error says what it waits for."""
    context.approvals.require(True)
    key = {"Idempotency-Key": "approval"}
    answer = Request(context, headers=key).post()
    assert (answer.status_code, error_of(answer)["code"]) == (403, "pending_approval")
    job = run_async(next_job(context))
    assert job.id in error_of(answer)["message"]
    finish(context, job)
    assert Request(context, headers=key).post().status_code == 403
    context.approvals.approve(job.id)
    assert Request(context, headers=key).post().status_code == 200
    assert Request(context, finish, headers=BEARER).post().status_code == 200


@pytest.mark.usefixtures("with_key")
def test_keys(context: AppContext):
    """A wrong key is refused in OpenAI's form, and guesses are limited; `none` is no key."""
    assert context.settings.presenter_key is None
    for key in ("", "none"):
        headers = {"Authorization": f"Bearer {key}"}
        assert get("/v1/models", headers).status_code == 200
    wrong = {"Authorization": "Bearer sk-wrong-key"}
    answers = [get("/v1/models", wrong) for _ in range(2)]
    codes = [(answer.status_code, error_of(answer)["code"]) for answer in answers]
    assert codes == [(401, "invalid_api_key"), (429, "rate_limit_exceeded")]


def test_login_requires_the_key(context: AppContext, monkeypatch: pytest.MonkeyPatch):
    """Where people log in, programs send the presenter's key."""
    monkeypatch.setattr(access, "policy", lambda: Policy(login=True))
    assert Request(context).post().status_code == 401


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("method", "path", "host", "status"),
    [
        ("POST", PATH, "evil.example", 403),
        ("GET", f"/v1/{'a' * 300}", "fleet", 404),
        ("PROPFIND", "/v1/models", "fleet", 405),
        ("GET", "/v1/models/other", "fleet", 404),
    ],
)
@pytest.mark.usefixtures("context")
def test_refusals_before_the_routes_have_the_form_of_openai(
    method: str, path: str, host: str, status: int
):
    """OpenAI's clients read the sentence of each refusal, whoever refused."""
    settings = Settings(_env_file=None)
    before = [Middleware(ApiErrors, base_path=""), Middleware(ShortPaths)]
    app = Starlette(routes=ROUTES, middleware=[*before, Middleware(KnownHosts, settings=settings)])
    headers = {"Host": host}
    answer = TestClient(app).request(method, path, json={"prompt": "a cat"}, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["message"].endswith(".")
    assert answer.json()["error"]["type"] == "invalid_request_error"


def test_models():
    """The workers' model is listed, also with a slash in its name, and no other."""
    (model,) = get("/v1/models").json()["data"]
    assert (model["id"], model["object"]) == ("models/demo", "model")
    assert get("/v1/models/models/demo").json()["id"] == "models/demo"
    assert get("/v1/models/models%2Fdemo").json()["id"] == "models/demo"
    assert error_of(get("/v1/models/dall-e-3"))["code"] == "model_not_found"


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("path", ["/v1", "/v1/chat/completions", PATH])
def test_other_requests_of_openai(path: str):
    """Requests that do not exist are refused in OpenAI's form, not with a page."""
    answer = get(path)
    assert (answer.status_code, error_of(answer)["type"]) == (404, "invalid_request_error")


def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """Return the answer to a GET request."""

    async def scenario() -> httpx.Response:
        transport = httpx.ASGITransport(app=APP)
        async with httpx.AsyncClient(transport=transport, base_url="http://fleet") as client:
            return await client.get(path, headers=headers)

    return run_async(scenario())


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"prompt": None}, "prompt", "missing_required_parameter"),
        ({"n": 11}, "n", "invalid_value"),
        ({"n": "2"}, "n", "invalid_value"),
        ({"size": "512"}, "size", "invalid_value"),
        ({"quality": "best"}, "quality", "invalid_value"),
        ({"response_format": "png"}, "response_format", "invalid_value"),
        ({"output_format": "gif"}, "output_format", "invalid_value"),
        ({"output_compression": 50}, "output_compression", "invalid_value"),
        ({"background": "transparent"}, "background", "invalid_value"),
        ({"partial_images": 2}, "partial_images", "invalid_value"),
        ({"stream": True, "partial_images": 4}, "partial_images", "invalid_value"),
        ({"stream": True, "response_format": "url"}, "response_format", "invalid_value"),
        ({"model": "dall-e-3"}, "model", "model_not_found"),
        ({"style": "vivid"}, "style", "unknown_parameter"),
        ({"width": 64}, "width", "unknown_parameter"),
    ],
)
def test_refused_parameters(body: dict[str, object], param: str, code: str):
    """What OpenAI refuses is refused, with the parameter's name and OpenAI's code."""
    with pytest.raises(Refusal) as refused:
        fields.read({"prompt": "a cat"} | body, frozenset({"models/demo"}))
    assert (refused.value.param, refused.value.code) == (param, code)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {}),
        ({"n": 3, "size": "auto", "quality": "auto", "user": "u"}, {"count": 3}),
        ({"size": "256x128"}, {"width": 256, "height": 128}),
        ({"quality": "low"}, {"steps": 2}),
        ({"quality": "medium"}, {}),
        ({"quality": "hd"}, {"steps": 6}),
        ({"quality": "high", "steps": 3, "seed": 1}, {"steps": 3, "seed": 1}),
        ({"background": "opaque", "moderation": "low", "size": None}, {}),
    ],
)
def test_fields_of_the_job(body: dict[str, object], expected: dict[str, object]):
    """OpenAI's fields become the job's; quality scales the model's steps, up to its maximum."""
    request = fields.read({"prompt": "a cat"} | body, frozenset({"models/demo"}))
    job = {"prompt": "a cat", "count": 1} | expected
    assert fields.job_fields(request, MODEL) == job


def test_quality_has_the_default_steps_until_the_model_is_known():
    """Before a worker has announced its model, no number of steps is invented."""
    request = fields.read({"prompt": "a cat", "quality": "high"}, frozenset())
    assert "steps" not in fields.job_fields(request, None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"size": "10x10"}, "invalid_value"),
        ({"prompt": "x" * 1001}, "invalid_value"),
        ({"seed": "one"}, "invalid_value"),
    ],
)
def test_refused_job_is_a_400(context: AppContext, body: dict[str, object], code: str):
    """What the job's own fields refuse is a 400 with the same sentence as on other ways in."""
    answer = Request(context).post(**body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, code)


OPEN_WEBUI = {"model": "models/demo", "prompt": "a cat", "n": 1}


@pytest.mark.parametrize(
    ("query", "headers", "body"),
    [
        # backend/open_webui/routers/images.py, with its setting of the size, and without
        ("", {}, OPEN_WEBUI | {"size": "512x512", "response_format": "b64_json"}),
        ("", {}, OPEN_WEBUI | {"size": "auto", "response_format": "b64_json"}),
        ("", {}, OPEN_WEBUI | {"response_format": "b64_json"}),
        # with its user forwarded, parameters of the administrator, and a version of the API
        (
            "?api-version=2025-04-01-preview",
            {"X-OpenWebUI-User-Name": "Ada%20L", "X-OpenWebUI-User-Role": "admin"},
            OPEN_WEBUI | {"quality": "low", "seed": 7},
        ),
        # LiteLLM's class for compatible servers: all that it may pass on but `style`
        (
            "",
            {"User-Agent": "OpenAI/Python 3.57.0", "X-Stainless-Retry-Count": "0"},
            OPEN_WEBUI
            | {"background": "auto", "moderation": "low", "output_format": "webp", "user": "ada"}
            | {"quality": "standard", "size": "512x512", "output_compression": 80},
        ),
    ],
)
def test_requests_of_other_programs(
    context: AppContext, query: str, headers: dict[str, str], body: dict[str, object]
):
    """Open WebUI and LiteLLM get a picture for the requests that their sources make."""
    key = {"Authorization": "Bearer none", "Content-Type": "application/json"}
    answer = Request(context, finish, key | headers, PATH + query).post(**body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_picture_of_an_url_can_be_fetched_with_the_key(context: AppContext):
    """Open WebUI fetches the URL of a picture with the headers of its request."""
    answer = Request(context, finish).post(response_format="url")
    path = answer.json()["data"][0]["url"].removeprefix("http://fleet")
    picture = TestClient(Starlette(routes=files.ROUTES)).get(path, headers=BEARER)
    assert picture.headers["content-type"] == "image/png"


Work = Callable[[AppContext, Job], None]


async def with_openai(
    context: AppContext, work: Work, call: Callable[[AsyncOpenAI], Awaitable[object]]
) -> object:
    """Return the result of a call of OpenAI's own client, and let a worker work meanwhile."""
    transport = httpx2.ASGITransport(app=APP)
    async with AsyncOpenAI(
        base_url="http://fleet/v1",
        api_key="none",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    ) as client:
        answer = asyncio.ensure_future(call(client))
        work(context, await next_job(context, answer))
        return await answer


def test_openai_client_gets_its_pictures(context: AppContext):
    """The real client reads the answer, of a size and with a parameter of this project."""

    async def call(client: AsyncOpenAI) -> object:
        return await client.images.generate(prompt="a cat", n=2, extra_body={"seed": 1})

    answer = run_async(with_openai(context, finish, call))
    assert [base64.b64decode(each.b64_json) for each in answer.data] == [PICTURE, PICTURE]


def test_openai_client_reads_the_stream(context: AppContext, generate_slowly: Work):
    """The real client gets a partial picture and the picture as its own events."""

    async def call(client: AsyncOpenAI) -> object:
        stream = await client.images.generate(prompt="a cat", stream=True, partial_images=1)
        return [event async for event in stream]

    events = run_async(with_openai(context, generate_slowly, call))
    assert [event.type for event in events] == [
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert base64.b64decode(events[-1].b64_json) == PICTURE


def test_openai_client_raises_its_own_error(context: AppContext):
    """A failed job is an error of the real client, with the reason and a code."""

    async def call(client: AsyncOpenAI) -> object:
        return await client.images.generate(prompt="a cat")

    with pytest.raises(InternalServerError, match=r"Out of memory\.") as error:
        run_async(with_openai(context, fail, call))
    assert error.value.code == "generation_failed"
