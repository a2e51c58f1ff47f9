"""Paths and limits of HTTP routes that pages link to."""

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
