"""Move routes below the base path."""

from collections.abc import Sequence
from copy import copy

from starlette.routing import Route, compile_path


def below(base_path: str, routes: Sequence[Route]) -> list[Route]:
    """Return the routes at ``base_path`` and their own path; empty for the root."""
    return [_move(route, f"{base_path}{route.path}") for route in routes]


def _move(route: Route, path: str) -> Route:
    # A Mount would answer for all other paths below the base path, too, which are Streamlit's.
    moved = copy(route)
    moved.path = path
    moved.path_regex, moved.path_format, moved.param_convertors = compile_path(path)
    return moved
