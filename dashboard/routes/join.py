"""The page for phones: a form that works without JavaScript, and the status of a request."""

from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError, MessageError
from dashboard import access, runtime
from dashboard.access import submitters
from dashboard.audience import own_pictures, page, room, visitors
from dashboard.audience.page import MAX_PROMPT_CHARACTERS, Form
from dashboard.audience.status import Status, status_of
from dashboard.audience.visitors import COOKIE
from dashboard.presentation import model_facts
from dashboard.presentation.model_facts import ModelFacts
from dashboard.presentation.urls import absolute
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.routes import join_hearts
from dashboard.routes.errors import to_http
from dashboard.routes.jobs import SUBMISSIONS, find_job
from dashboard.routes.join_answers import HEADERS, set_cookie, with_visitor
from dashboard.routes.requests import check_origin, client_address, program_role, read_body
from dashboard.runtime import submission
from wire.messages.job import Job

_FOLDER = Path(page.__file__).parent
_ASSETS = {"page.css": "text/css"} | dict.fromkeys(page.SCRIPTS, "text/javascript")
_MAX_BODY_BYTES = 8192
_MAX_SUGGESTIONS = 4
_TOO_LONG = f"The prompt is too long; the maximum is {MAX_PROMPT_CHARACTERS} characters."

_visitors = visitors.default_limits()


async def show(request: Request) -> Response:
    """Return the form, with the status of the request in ``?job=``."""
    requested = own_pictures.read_ids(request.cookies.get(own_pictures.COOKIE))
    job_id = request.query_params.get("job", "")
    job_id = job_id if own_pictures.is_job_id(job_id) else next(iter(requested), "")
    prompt = request.query_params.get("typed", "")[:MAX_PROMPT_CHARACTERS]
    status = None
    with suppress(ApplicationError):  # the form works without a status
        status = await _read_status(request, job_id) if job_id else None
    earlier = tuple(each for each in requested if each != job_id)
    form = _with_pictures(_form(prompt, job_id=job_id), earlier, request.cookies.get(COOKIE))
    return with_visitor(request, _page(form, status))


def _with_pictures(form: Form, earlier: tuple[str, ...], cookie: str | None) -> Form:
    context = runtime.current()
    return replace(
        form,
        earlier=own_pictures.pictures_of(context, earlier),
        room=room.newest_pictures(context, room.visitor_of(cookie)),
        can_give=context.hearts is not None,
    )


async def send(request: Request) -> Response:
    """Submit a request; the form keeps its text if that fails."""
    typed = ""
    try:
        fields = parse_qs(await _read_form(request), max_num_fields=8)
        # Forms send a line break as two characters; the field's maxlength counts one.
        typed = "".join(fields.get("prompt", [""])).replace("\r\n", "\n")
        check_origin(request)
        prompt = fields.get("suggestion", [typed])[0]
        cookie, address = request.cookies.get(COOKIE), client_address(request)
        job = await to_thread.run_sync(_submit, prompt, cookie, address, limiter=SUBMISSIONS)
    except (ApplicationError, HTTPException, ValueError) as error:
        return with_visitor(request, _refuse(typed, error))
    kept = {"typed": typed} if typed and "suggestion" in fields else {}
    location = f"{absolute('/join')}?{urlencode({'job': job.id} | kept)}"
    response = with_visitor(request, RedirectResponse(location, 303, headers=HEADERS))
    requested = own_pictures.with_newest(request.cookies.get(own_pictures.COOKIE), job.id)
    return set_cookie(request, response, own_pictures.COOKIE, requested)


async def show_job(request: Request) -> Response:
    """Return the status of a request, for the page's script and for phones without scripts."""
    job_id = request.path_params["id"]
    try:
        is_id = own_pictures.is_job_id(job_id)
        status = await _read_status(request, job_id) if is_id else None
    except ApplicationError as error:
        refusal = to_http(error)
        return PlainTextResponse(refusal.detail, refusal.status_code, headers=HEADERS)
    return HTMLResponse(page.render_job(status), 200 if status else 404, headers=HEADERS)


async def _read_status(request: Request, job_id: str) -> Status | None:
    context = runtime.current()
    view = await find_job(job_id)
    if view is None:
        return None
    # Job ids are no secret: the Jobs page lists them.
    shown = view if program_role(request) == "presenter" else context.shown_job(view)
    approval = context.approvals.state(job_id) if context.approvals else None
    return status_of(shown, approval, context.sampler.snapshot())


async def _read_form(request: Request) -> str:
    body = await read_body(request, _MAX_BODY_BYTES, MessageError(_TOO_LONG))
    return body.decode("ascii", "replace")


def _submit(prompt: str, cookie: str | None, address: str) -> Job:
    context = runtime.current()
    if context.approvals is None:  # a replay
        raise HTTPException(403, NOTHING_CHANGES)
    if len(prompt) > MAX_PROMPT_CHARACTERS:
        raise MessageError(_TOO_LONG)
    request = submission.check({"prompt": prompt, "count": 1})
    # Where people log in, requests of visitors are accepted only with approval.
    if access.policy().login and not request.pending_approval:
        raise HTTPException(403, "Login required: log in on the dashboard to send requests.")
    _visitors.allow(cookie, address)
    return context.submit(request, submitters.of_visitor(cookie, address))


def _refuse(typed: str, error: Exception) -> Response:
    if not isinstance(error, ApplicationError | HTTPException):
        return _page(_form(typed, "The form could not be read. Please send it again."), None, 400)
    http = to_http(error)
    kept = " Your text is still here." if typed else ""
    response = _page(_form(typed, f"{http.detail}{kept}"), None, http.status_code)
    response.headers.update(http.headers or {})
    return response


def _form(prompt: str = "", error: str = "", job_id: str = "") -> Form:
    context = runtime.current()
    model = _model(context.settings.model_id, context.replaying)
    subjects = model.vocabulary.get("subjects", ())
    depth = context.sampler.snapshot().queue.value
    return Form(
        prompt,
        error,
        model.suggestions[:_MAX_SUGGESTIONS],
        subjects,
        job_id,
        paused=depth is not None and depth.paused,
    )


@cache
def _model(model_id: str, recorded: bool) -> ModelFacts:
    return model_facts.read(model_id, recorded)


def _page(form: Form, status: Status | None, code: int = 200) -> Response:
    return HTMLResponse(page.render_page(form, status), code, headers=HEADERS)


async def read_asset(request: Request) -> Response:
    """Return the page's style sheet, or one of its scripts."""
    name = request.path_params["name"]
    if name not in _ASSETS:
        raise HTTPException(404, "The page has no such file.")
    headers = HEADERS | {"Cache-Control": "public, max-age=300"}
    return Response((_FOLDER / name).read_bytes(), media_type=_ASSETS[name], headers=headers)


ROUTES = [
    Route("/join", show, methods=["GET"]),
    Route("/join", send, methods=["POST"]),
    Route("/join/jobs/{id}", show_job, methods=["GET"]),
    *join_hearts.ROUTES,
    Route("/join/{name}", read_asset, methods=["GET"]),
]
