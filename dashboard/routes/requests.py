"""Read requests."""

from starlette.requests import Request


def client_address(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client else "unknown"


async def read_body(request: Request, max_bytes: int, error: Exception) -> bytes:
    """Read a body; raise ``error`` once it is longer than ``max_bytes``."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise error
    return bytes(body)
