"""Fill the form from a PNG file that carries its parameters."""

import streamlit as st

from dashboard.components.common import form_values
from wire.messages.infotext import fields_of
from wire.messages.parameters import PARAMETERS
from wire.messages.png_text import read_text

_COUNT = "png_files"
_MAX_MEGABYTES = 50
_NO_PARAMETERS = (
    "This file carries no generation parameters. Files of this dashboard, AUTOMATIC1111 and "
    "tools that write its text do, unless another program has saved them since."
)


def show() -> None:
    """Show a field that takes a PNG file and fills the form, or the reason why it cannot."""
    number = st.session_state.get(_COUNT, 0)
    # Not read in a callback: Streamlit calls that again, and loses what it filled in, when the
    # live part of the page is refreshed at the same moment.
    file = st.file_uploader(
        "Read parameters from a PNG file",
        "png",
        key=f"png_file_{number}",
        max_upload_size=_MAX_MEGABYTES,
    )
    if file:
        # An uploader cannot be emptied; one with another key is empty.
        st.session_state[_COUNT] = number + 1
        _read(file.getvalue())
        st.rerun()


def _read(png: bytes) -> None:
    if fields := fields_of(read_text(png)):
        form_values.put(dict.fromkeys(PARAMETERS) | fields)
    else:
        st.session_state.submission_error = _NO_PARAMETERS
