"""Parts of a page that a script of our own draws in the browser."""

import re
from base64 import b64encode
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parents[1]
_RELATIVE_IMPORT = re.compile(r'(?<=\bfrom )"(\.{1,2}/[^"]+)"(?=;)')


def component(name: str, html: str) -> ComponentRenderer:
    """Register the part that a script draws; each session mounts its own.

    Once per process, as Streamlit wants it: in a module, never while a page runs.

    Args:
        name: its script's path in this folder, without ``.js``.
        html: what is there before the script ran.

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
    resolves. An embedded module needs no request, and no knowledge of the server's base path;
    the browser evaluates it once, however many components import it.
    """
    return _RELATIVE_IMPORT.sub(
        lambda found: f'"{_data_url(module.parent / found[1])}"', module.read_text(encoding="utf-8")
    )


def _data_url(module: Path) -> str:
    encoded = b64encode(resolve_imports(module).encode()).decode()
    return f"data:text/javascript;charset=utf-8;base64,{encoded}"


def noop() -> None:
    """Do nothing: Streamlit offers a trigger's value only where it has a callback."""
