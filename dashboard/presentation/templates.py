"""Render HTML from Jinja2 templates. A template stands beside the module that renders it."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboard.presentation.urls import absolute

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["absolute"] = absolute


def render(template: str, **values: object) -> Markup:
    """Return a template's HTML; values are escaped unless they are ``Markup`` already.

    Args:
        template: its path below ``dashboard/``, such as ``components/jobs/listing.html``.
        values: what the template names.

    Raises:
        jinja2.UndefinedError: the template names a value that is missing.

    """
    return Markup(_environment.get_template(template).render(**values))  # noqa: S704, escaped above


def render_macro(template: str, name: str, *args: object) -> Markup:
    """Return the HTML of one macro of a template; its arguments are escaped like values."""
    return _macro(template, name)(*args)


@cache
def _macro(template: str, name: str) -> Callable[..., Markup]:
    macro: Callable[..., Markup] = getattr(_environment.get_template(template).module, name)
    return macro
