"""The details of a picture: what was asked, where and when it was painted, what it took."""

from collections.abc import Iterator
from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard import runtime, words
from dashboard.components import own_jobs
from dashboard.readings.stored_jobs import job_of
from wire.errors import ApplicationError, MessageError, ObjectMissing
from wire.picture import Metadata, PictureName, parse_picture_name

Row = tuple[str, str]

_PARAMETER = "picture"
_OPEN = "open_picture"


def ask_for(name: str) -> None:
    """Remember which picture's details to open; the next full run opens them."""
    st.session_state[_OPEN] = name
    st.query_params[_PARAMETER] = name


def show_if_asked(zone: tzinfo | None) -> None:
    """Open the details of the picture that was clicked, or that a link named."""
    # The address is read once: it follows the page's state, and late on a busy machine.
    name = st.session_state.setdefault(_OPEN, st.query_params.get(_PARAMETER, ""))
    parsed = parse_picture_name(name)
    if parsed:
        st.dialog("Picture", width="medium", on_dismiss=_forget)(_show)(name, parsed, zone)


def _forget() -> None:
    st.session_state[_OPEN] = ""
    st.query_params.pop(_PARAMETER, None)


def _show(name: str, parsed: PictureName, zone: tzinfo | None) -> None:
    metadata, problem = _metadata(parsed.job_id)
    prompt = metadata.prompt if metadata else ""
    left, right = st.columns(2, gap="medium")
    left.html(f"<img class='detail' src='/pictures/{name}' alt='{escape(prompt)}'>")
    right.html(table(rows(metadata, parsed, zone)) if metadata else _paragraph(problem))
    with st.container(horizontal=True):
        again = metadata and st.button("Paint again", type="primary", key="dialog_again")
        # A link and no st.download_button: the bytes need not pass through the session.
        st.html(f"<a class='button' href='/pictures/{name}' download='{name}'>Download</a>")
    if again:
        _paint_again(metadata, parsed)


def _metadata(job_id: str) -> tuple[Metadata | None, str]:
    try:
        return runtime.current().metadata(job_id), ""
    except ObjectMissing:
        return None, "Its job is still being painted; the details come with its last picture."
    except ApplicationError as error:
        return None, f"The details cannot be read: {error}"


def _paint_again(metadata: Metadata, parsed: PictureName) -> None:
    """Send a request for one more such picture and close the dialog, or say why not."""
    try:
        job = job_of(parsed.job_id, metadata)
    except MessageError as error:  # an older sample painted sizes that no model here paints
        st.html(_paragraph(f"This cannot be painted again: {error}"))
        return
    own_jobs.repeat(job.model_copy(update={"count": 1}))
    _forget()
    st.rerun()  # closes the dialog


def rows(metadata: Metadata, parsed: PictureName, zone: tzinfo | None) -> Iterator[Row]:
    """List what is known of a picture."""
    yield "Prompt", metadata.prompt
    if metadata.finished_at is not None:
        yield "Painted", words.date_and_clock(metadata.finished_at, zone)
    places = (metadata.pod or metadata.worker, metadata.node, metadata.device)
    yield "Where", ", ".join(place for place in places if place) or words.UNKNOWN
    yield "Model", f"{metadata.lcm_model_id}, {words.counted(metadata.inference_steps, 'step')}"
    yield "Size", f"{metadata.image_width} by {metadata.image_height} pixels"
    yield "Seed", str(_seed(metadata, parsed.number))
    yield from _timings(metadata)


def _seed(metadata: Metadata, number: int) -> int:
    return metadata.seeds[number] if number < len(metadata.seeds) else metadata.seed


def _timings(metadata: Metadata) -> Iterator[Row]:
    timings = metadata.timings
    if timings is None:
        return
    several = metadata.number_of_images > 1
    of_all = f" for all {metadata.number_of_images}" if several else ""
    if timings.waiting is not None:
        yield "In line", words.short_duration(timings.waiting)
    yield "Painting", words.short_duration(timings.painting) + of_all
    yield "Storing", words.short_duration(timings.storing) + of_all


def table(lines: Iterator[Row]) -> str:
    """Write pairs as a table."""
    cells = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in lines)
    return f"<table class='details'>{''.join(cells)}</table>"


def _paragraph(text: str) -> str:
    return f"<p class='muted'>{escape(text)}</p>"
