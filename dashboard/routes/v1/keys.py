"""Check the key of a request."""

from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard import access
from dashboard.access import Action, Program
from dashboard.routes import requests

_CHALLENGE = {"WWW-Authenticate": "Bearer"}


def identify(request: Request) -> Program:
    """Return the sender of a request, once for each: wrong keys are counted.

    Raises HTTPException for a key that does not exist, or LockedOut.
    """
    program = requests.program_of(request)
    sends_key = request.headers.get("authorization", "").lower().startswith("bearer ")
    if sends_key and access.policy().has_keys and program.key is None:
        raise _refuse("There is no such key.")
    return program


def program_of(request: Request) -> Program:
    """Return the sender of a request that was identified."""
    return cast("Program", request.state.program)


def require(request: Request, action: Action) -> None:
    """Raise HTTPException unless the sender of a request may do something."""
    program = program_of(request)
    if access.allowed(program.role, action):
        return
    if program.key is None:
        raise _refuse("The request needs a key: send the header Authorization: Bearer <key>.")
    raise HTTPException(403, "This needs the presenter's key. Nothing was changed.")


def _refuse(sentence: str) -> HTTPException:
    return HTTPException(401, f"{sentence} Nothing was changed.", _CHALLENGE)
