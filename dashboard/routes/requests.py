"""Read requests."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

from dashboard import access, runtime
from dashboard.access import Program, Role, origin


def client_address(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else "unknown"


def program_of(request: Request) -> Program:
    """Return the sender of a request without a Streamlit session; raises LockedOut."""
    authorization = request.headers.get("authorization", "")
    return access.program(access.policy(), authorization, client_address(request))


def program_role(request: Request) -> Role:
    """Return the role of a request without a Streamlit session; raises LockedOut."""
    return program_of(request).role


async def read_body(request: Request, max_bytes: int, error: Exception) -> bytes:
    """Read a body; raise ``error`` once it is longer than ``max_bytes``."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise error
    return bytes(body)


def check_origin(request: Request) -> None:
    """Raise HTTPException for a request that another site's page sent."""
    settings = runtime.current().settings
    if not origin.is_same_origin(request.headers, settings.public_url, settings.host_patterns):
        raise HTTPException(403, "The request was not sent: it came from another site's page.")
