"""Fill the form from a PNG file that carries its parameters."""

import streamlit as st

from dashboard.components.studio import parameter_inputs
from wire.messages.infotext import fields_of
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import PARAMETERS
from wire.messages.png_text import read_text

_COUNT = "png_files"
_MAX_MEGABYTES = 50
_NO_PARAMETERS = (
    "This file carries no generation parameters. Files of this dashboard, AUTOMATIC1111 and "
    "tools that write its text do, unless another program has saved them since."
)


def show(model: ModelCapabilities) -> None:
    """Show a field that takes a PNG file, and the reason if its parameters cannot be used."""
    # An uploader cannot be emptied; one with another key is empty.
    key = f"png_file_{st.session_state.get(_COUNT, 0)}"
    st.file_uploader(
        "Read parameters from a PNG file",
        "png",
        key=key,
        on_change=_read,
        args=(key, model),
        max_upload_size=_MAX_MEGABYTES,
    )


def _read(key: str, model: ModelCapabilities) -> None:
    file = st.session_state.get(key)
    if file is None:
        return
    st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    st.session_state.submission_error = fill_from(file.getvalue(), model)


def fill_from(png: bytes, model: ModelCapabilities) -> str:
    """Fill in the parameters of a PNG file; return why some or all are missing."""
    fields = fields_of(read_text(png))
    if not fields:
        return _NO_PARAMETERS
    problems = parameter_inputs.fill(model, dict.fromkeys(PARAMETERS) | fields)
    return f"Not filled in: {' '.join(problems)}" if problems else ""
