"""The page for phones: a form that works without JavaScript, and how the picture is."""

from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from core.errors import ApplicationError, MessageError, PromptRefused
from dashboard import access, runtime
from dashboard.audience import origin, page, visitors
from dashboard.audience.page import MAX_PROMPT, Form
from dashboard.audience.status import Status, status
from dashboard.audience.visitors import COOKIE, RateLimited
from dashboard.gallery.approvals import Approvals
from dashboard.presentation import model_facts
from dashboard.presentation.model_facts import ModelFacts
from dashboard.recordings.replay_backends import NOTHING_CHANGES
from dashboard.runtime import submission
from wire.messages.job import Job
from wire.messages.picture import metadata_name, parse_metadata_name

_FOLDER = Path(page.__file__).parent
_MOST_BYTES = 8192
_DAY = 86400
_SUGGESTIONS = 4

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    ),
    "Referrer-Policy": "same-origin",  # with none at all, browsers would hide a form's origin
    "X-Content-Type-Options": "nosniff",
}

_visitors = visitors.usual()


class Forbidden(ApplicationError):
    """The request came from another site's page, or this one takes none from visitors now."""


async def show(request: Request) -> Response:
    """Answer with the form, and how the request that the address names is."""
    job_id = request.query_params.get("job", "")
    job_id = job_id if _is_id(job_id) else ""
    typed = request.query_params.get("typed", "")[:MAX_PROMPT]
    found = await to_thread.run_sync(_status, job_id) if job_id else None
    return _with_cookie(request, _answer(_form(typed, job_id=job_id), found))


async def send(request: Request) -> Response:
    """Take a request; whatever happens, the typed text is not lost."""
    typed = ""
    try:
        fields = parse_qs(await _body(request), max_num_fields=8)
        # A form writes the end of a line as two characters; the field counts it as one.
        typed = "".join(fields.get("prompt", [""])).replace("\r\n", "\n")
        _check_origin(request)
        wish = fields.get("suggestion", [typed])[0]
        job = await to_thread.run_sync(_submit, wish, request.cookies.get(COOKIE), _peer(request))
    except (ApplicationError, ValueError) as error:
        return _with_cookie(request, _refusal(typed, error))
    kept = {"typed": typed} if typed and "suggestion" in fields else {}
    address = f"/join?{urlencode({'job': job.id} | kept)}"
    return _with_cookie(request, RedirectResponse(address, 303, headers=_HEADERS))


async def show_job(request: Request) -> Response:
    """Answer with how a request is: for the page's script, and for phones without scripts."""
    job_id = request.path_params["id"]
    found = await to_thread.run_sync(_status, job_id) if _is_id(job_id) else None
    return HTMLResponse(page.job_page(found), 200 if found else 404, headers=_HEADERS)


def _check_origin(request: Request) -> None:
    """Refuse forms of other sites."""
    if not origin.is_own(request.headers, runtime.current().settings.public_url):
        raise Forbidden("This request came from another site's page, so it was not sent.")


async def _body(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise MessageError(f"That is too long; at most {MAX_PROMPT} letters are read.")
    return body.decode("ascii", "replace")


def _peer(request: Request) -> str:
    return request.client.host if request.client else "nowhere"


def _submit(prompt: str, cookie: str | None, address: str) -> Job:
    running = runtime.current()
    if running.approvals is None:  # a replay
        raise Forbidden(NOTHING_CHANGES)
    if len(prompt) > MAX_PROMPT:
        raise MessageError(f"That is too long; at most {MAX_PROMPT} letters are painted.")
    submission.check({"prompt": prompt})
    held = _must_wait(running.approvals)
    _visitors.allow(cookie, address)
    fields = {"prompt": prompt, "count": 1, "held": held or None}
    return running.submit(submission.check(fields))


def _must_wait(approvals: Approvals) -> bool:
    """Ask whether visitors' pictures wait; where people log in, no others are taken."""
    held = approvals.is_required()
    if access.policy().login and not held:
        raise Forbidden("Members send requests here: log in on the dashboard.")
    return held


def _status(job_id: str) -> Status | None:
    running = runtime.current()
    try:
        view = running.find_job(job_id)
    except ApplicationError:
        return None
    if view is None:
        return None
    approval = running.approvals.of(job_id) if running.approvals else None
    return status(view, approval, running.sampler.snapshot())


def _is_id(text: str) -> bool:
    return parse_metadata_name(metadata_name(text)) is not None


def _refusal(typed: str, error: Exception) -> Response:
    kept = " Your text is still here." if typed else ""
    if isinstance(error, RateLimited):
        answer = _answer(_form(typed, f"{error}{kept}"), None, 429)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if not isinstance(error, ApplicationError):
        return _answer(_form(typed, "The form could not be read. Please send it again."), None, 400)
    return _answer(_form(typed, f"{error}{kept}"), None, _code(error))


def _code(error: ApplicationError) -> int:
    if isinstance(error, Forbidden):
        return 403
    return 422 if isinstance(error, MessageError | PromptRefused) else 503


def _form(typed: str = "", answer: str = "", job_id: str = "") -> Form:
    model = _model(runtime.current().settings.model_id)
    subjects = model.vocabulary.get("subjects", ())
    return Form(typed, answer, model.suggestions[:_SUGGESTIONS], subjects, job_id)


@cache
def _model(model_id: str) -> ModelFacts:
    return model_facts.read(model_id)


def _answer(form: Form, found: Status | None, code: int = 200) -> Response:
    return HTMLResponse(page.page(form, found), code, headers=_HEADERS)


def _with_cookie(request: Request, answer: Response) -> Response:
    if not visitors.is_token(request.cookies.get(COOKIE)):
        answer.set_cookie(
            COOKIE,
            visitors.new_token(),
            max_age=_DAY,
            path="/join",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
    return answer


async def style_sheet(_request: Request) -> Response:
    """Answer with the page's style sheet."""
    return _asset("page.css", "text/css")


async def script(_request: Request) -> Response:
    """Answer with the page's script."""
    return _asset("page.js", "text/javascript")


def _asset(name: str, kind: str) -> Response:
    headers = _HEADERS | {"Cache-Control": "public, max-age=300"}
    return Response((_FOLDER / name).read_bytes(), media_type=kind, headers=headers)


ROUTES = [
    Route("/join", show, methods=["GET"]),
    Route("/join", send, methods=["POST"]),
    Route("/join/jobs/{id}", show_job, methods=["GET"]),
    Route("/join/page.css", style_sheet, methods=["GET"]),
    Route("/join/page.js", script, methods=["GET"]),
]
