"""Check the key of a request, which OpenAI's clients always send."""

from starlette.requests import Request

from dashboard import access
from dashboard.access import Role
from dashboard.routes.openai.errors import Refusal
from dashboard.routes.requests import client_address

_NO_KEYS = ("", "none")
"""What people enter in clients that require a key."""


def require_role(request: Request) -> Role:
    """Return the role of a request that may submit; raises Refusal or LockedOut.

    The presenter's key is the only one. Where there is none, any key is accepted.
    """
    policy, authorization = access.policy(), request.headers.get("authorization", "")
    sends_key = authorization.partition(" ")[2].strip().lower() not in _NO_KEYS
    role = access.program_role(policy, authorization if sends_key else "", client_address(request))
    if sends_key and policy.key is not None and role != "presenter":
        raise Refusal(401, "Incorrect API key provided: the key is that of the presenter.")
    if not access.allowed(role, "submit"):
        raise Refusal(401, "Login required: send the presenter's key as the API key.")
    return role
