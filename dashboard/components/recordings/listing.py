"""The list of recordings: play, download, report, delete."""

from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st
from markupsafe import Markup

from core.errors import ApplicationError, RecordingError
from dashboard import access, runtime
from dashboard.components.common import tables, viewer
from dashboard.components.recordings import render
from dashboard.presentation import formatting
from dashboard.presentation.urls import absolute
from dashboard.recordings import control, folder, playback
from dashboard.recordings.summary import Summary, summary_of

_MAX_RECORDINGS = 50
_IS_PLAYING = "This recording is playing. Go back to live before deleting it."
_EMPTY = "No recordings yet. Record a run above, and replay it here as often as you like."


def show() -> None:
    """Show the recordings, each with its actions."""
    progress, replay = control.progress(), playback.current()
    with st.spinner("Reading the recordings …"):
        paths = folder.paths(runtime.current().settings)
        complete = [path for path in paths if progress is None or path != progress.path]
        summaries = list(filter(None, map(summary_of, complete[:_MAX_RECORDINGS])))
    if not summaries:
        st.html(tables.note(_EMPTY))
    for summary in summaries:
        is_playing = replay is not None and replay.recording.path == summary.path
        with st.container(border=True, key=f"card_recording_{folder.identity(summary.path)}"):
            _show_recording(summary, is_playing)


def _show_recording(summary: Summary, is_playing: bool) -> None:
    identity = folder.identity(summary.path)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(text(summary), width="stretch")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        ):
            if summary.error is None:
                _show_play(summary.path, is_playing)
                st.html(links(identity))
            if summary.path != folder.BUNDLED:
                _show_delete(summary.path, is_playing)


def text(summary: Summary) -> Markup:
    """Render a recording's name and facts, or why it cannot be read."""
    return render("text", summary.name, summary.error or " · ".join(_facts(summary)))


def _facts(summary: Summary) -> list[str]:
    peak = summary.peak_workers
    workers = "workers unknown" if peak is None else formatting.pluralize(peak, "worker")
    return [
        *([] if summary.at is None else [formatting.date_and_clock(summary.at, viewer.zone())]),
        formatting.duration(summary.duration),
        f"{summary.mode} mode",
        f"up to {workers}" if peak else workers,
        formatting.pluralize(summary.pictures, "picture"),
        formatting.size(summary.size),
        *(["incomplete, the end is missing"] if summary.truncated else []),
        *(["bundled with the project"] if summary.path == folder.BUNDLED else []),
    ]


def _show_play(path: Path, is_playing: bool) -> None:
    allowed = access.allows("present")
    tooltip = "Replays this recording on all pages, for everybody."
    st.button(
        "Playing" if is_playing else "Play",
        key=f"play_{folder.identity(path)}",
        type="secondary" if is_playing else "primary",
        disabled=not allowed or is_playing,
        help=tooltip if allowed else access.reason("present"),
        on_click=_play,
        args=(path,),
    )


def _play(path: Path) -> None:
    try:
        access.require("present")
        playback.start(path, runtime.current().settings)
    except ApplicationError as error:
        st.toast(str(error))


def links(identity: str) -> Markup:
    """Render the links to a recording's file and its report."""
    return render("links", absolute(f"/recordings/{quote(identity)}"), zone_query())


def zone_query() -> str:
    """Return the viewer's time zone as a query string, for files that contain times."""
    return urlencode({"zone": st.context.timezone or ""})


def _show_delete(path: Path, is_playing: bool) -> None:
    allowed = access.allows("record")
    reason = _IS_PLAYING if is_playing else None
    with st.popover(
        "Delete",
        disabled=not allowed or is_playing,
        help=reason if allowed else access.reason("record"),
    ):
        st.html(render("question", "This cannot be undone."))
        st.button(
            "Delete permanently",
            key=f"delete_{folder.identity(path)}",
            type="primary",
            on_click=_delete,
            args=(path,),
        )


def _delete(path: Path) -> None:
    try:
        access.require("record")
        replay = playback.current()
        if replay and replay.recording.path == path:
            raise RecordingError(_IS_PLAYING)
        folder.delete(runtime.current().settings, path)
    except ApplicationError as error:
        st.toast(str(error))
