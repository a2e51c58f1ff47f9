"""Streamlit components that a script of this project renders in the browser."""

import json

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

from dashboard.presentation import scripts
from dashboard.presentation.urls import absolute

_LOADER = """const script = new URL(%s, location.origin);
export default (await import(script)).default;
"""
"""Streamlit sends a component's script again with every update, so it is sent this one, which
loads the script of a route. It runs from a ``blob:`` URL, from which no relative URL resolves."""


def component(name: str, html: str) -> ComponentRenderer:
    """Register a component that a script renders; each session mounts its own instance.

    Streamlit requires this once per process: call it in a module, not while a page runs.

    Args:
        name: the script's path below ``components/``, without ``.js``.
        html: the content until the script has run.

    """
    return st.components.v2.component(
        name.replace("/", "_"),
        html=html,
        js=_LOADER % json.dumps(absolute(scripts.path(f"{name}.js"))),
        isolate_styles=False,
    )


def noop() -> None:
    """Do nothing: Streamlit returns a trigger's value only if the trigger has a callback."""
