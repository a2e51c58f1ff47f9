"""Check the key of a request, which OpenAI's clients always send."""

from starlette.requests import Request

from dashboard import access
from dashboard.access import Program
from dashboard.routes.openai.errors import Refusal
from dashboard.routes.requests import client_address

_NO_KEYS = ("", "none")
"""What people enter in clients that require a key."""


def require_program(request: Request) -> Program:
    """Return the sender of a request that may submit; raises Refusal or LockedOut.

    Where there are no keys, any is accepted.
    """
    policy, authorization = access.policy(), request.headers.get("authorization", "")
    sends_key = authorization.partition(" ")[2].strip().lower() not in _NO_KEYS
    program = access.program(policy, authorization if sends_key else "", client_address(request))
    if sends_key and policy.has_keys and program.key is None:
        raise Refusal(401, "Incorrect API key provided: it is none of API_KEYS or PRESENTER_KEY.")
    if not access.allowed(program.role, "submit"):
        raise Refusal(401, "Login required: send one of API_KEYS or PRESENTER_KEY as the API key.")
    return program
