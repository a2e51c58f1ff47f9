"""Streamlit components that a script of this project renders in the browser."""

import re
from base64 import b64encode
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parents[1]
_RELATIVE_IMPORT = re.compile(r'(?<=\bfrom )"(\.{1,2}/[^"]+)"(?=;)')


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
        js=resolve_imports(_FOLDER / f"{name}.js"),
        isolate_styles=False,
    )


def resolve_imports(module: Path) -> str:
    """Return an ES module's source with its relative imports as ``data:`` URLs.

    Streamlit loads a component's script from a ``blob:`` URL, from which no relative URL
    resolves. An embedded module needs no request and is independent of the server's base path;
    the browser evaluates it once, however many components import it.
    """
    return _RELATIVE_IMPORT.sub(
        lambda match: f'"{_data_url(module.parent / match[1])}"', module.read_text(encoding="utf-8")
    )


def _data_url(module: Path) -> str:
    encoded = b64encode(resolve_imports(module).encode()).decode()
    return f"data:text/javascript;charset=utf-8;base64,{encoded}"


def noop() -> None:
    """Do nothing: Streamlit returns a trigger's value only if the trigger has a callback."""
