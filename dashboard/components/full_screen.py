"""A button that fills the screen with the page, also by the key ``f``."""

from pathlib import Path

import streamlit as st

_button = st.components.v2.component(
    "full_screen",
    html="<button type='button'>Full screen <kbd>F</kbd></button>",
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def show() -> None:
    """Show the button."""
    _button(key="full_screen", width="content")
