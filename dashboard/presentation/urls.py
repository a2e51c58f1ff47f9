"""Paths and limits of HTTP routes that pages link to, and data URLs."""

from base64 import b64encode

PLOTLY_VERSION = "4.1.1"
"""The version of plotly.js that the Python package ``plotly`` creates figures for."""
PLOTLY_URL = f"/plotly-basic-{PLOTLY_VERSION}.min.js"

MAX_ZIP_PICTURES = 100
"""Pictures of one zip file: their names still fit into a URL."""

_base_path = ""


def serve_below(base_path: str) -> None:
    """Set the path below which this process serves everything, once, before the first request."""
    global _base_path
    _base_path = base_path


def absolute(path: str) -> str:
    """Return the path of a route, such as ``/pictures/a.png``, as browsers have to request it."""
    return f"{_base_path}{path}"


def data_url(body: bytes, media_type: str) -> str:
    """Return a file as a URL that contains it."""
    return f"data:{media_type};base64,{b64encode(body).decode()}"
