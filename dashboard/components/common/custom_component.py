"""Parts of a page that a script of our own draws in the browser."""

from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_FOLDER = Path(__file__).parents[1]


def component(name: str, html: str, *shared: str) -> ComponentRenderer:
    """Register the part that a script draws; each session mounts its own.

    Once per process, as Streamlit wants it: in a module, never while a page runs.

    Args:
        name: its script's path in this folder, without ``.js``.
        html: what is there before the script ran.
        shared: paths of scripts whose functions it uses.

    """
    scripts = [(_FOLDER / f"{each}.js").read_text(encoding="utf-8") for each in (*shared, name)]
    return st.components.v2.component(
        name.replace("/", "_"), html=html, js="\n".join(scripts), isolate_styles=False
    )


def noop() -> None:
    """Do nothing: Streamlit offers a trigger's value only where it has a callback."""
