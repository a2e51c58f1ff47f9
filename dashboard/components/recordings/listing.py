"""The recordings that there are: play, download, report, delete."""

from html import escape
from pathlib import Path
from urllib.parse import quote, urlencode

import streamlit as st

from core.errors import ApplicationError, RecordingError
from dashboard import access, runtime
from dashboard.components.common import tables, viewer
from dashboard.presentation import formatting
from dashboard.recordings import control, folder, playback
from dashboard.recordings.summary import Summary, summary_of

_MOST = 50
_PLAYS = "This recording is playing: go back to live, then it can be deleted."
_EMPTY = "No recordings yet. Record a run above, and it can be played here as often as you like."


def show() -> None:
    """Show each recording with what can be done with it."""
    progress, replay = control.progress(), playback.current()
    with st.spinner("Reading the recordings …"):
        paths = folder.paths(runtime.current().settings)
        others = [path for path in paths if progress is None or path != progress.path][:_MOST]
        summaries = [summary for path in others if (summary := summary_of(path))]
    if not summaries:
        st.html(tables.note(_EMPTY))
    for summary in summaries:
        shown = replay is not None and replay.recording.path == summary.path
        with st.container(border=True, key=f"card_recording_{folder.identity(summary.path)}"):
            _show_one(summary, shown)


def _show_one(summary: Summary, shown: bool) -> None:
    identity = folder.identity(summary.path)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(text(summary), width="stretch")
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        ):
            if summary.error is None:
                _show_play(summary.path, shown)
                st.html(links(identity))
            if summary.path != folder.BUNDLED:
                _show_delete(summary.path, shown)


def text(summary: Summary) -> str:
    """Write what a recording is."""
    name = f"<b>{escape(summary.name)}</b>"
    if summary.error:
        return f"<div class='recording-text'>{name}<span>{escape(summary.error)}</span></div>"
    details = " · ".join(_details(summary))
    return f"<div class='recording-text'>{name}<span>{escape(details)}</span></div>"


def _details(summary: Summary) -> list[str]:
    peak = summary.peak_workers
    workers = "workers unknown" if peak is None else formatting.pluralize(peak, "worker")
    return [
        formatting.date_and_clock(summary.at, viewer.zone()),
        formatting.duration(summary.duration),
        f"{summary.mode} mode",
        workers if not peak else f"at most {workers}",
        formatting.pluralize(summary.pictures, "picture"),
        formatting.size(summary.size),
        *(["its end is missing"] if summary.truncated else []),
        *(["comes with the project"] if summary.path == folder.BUNDLED else []),
    ]


def _show_play(path: Path, shown: bool) -> None:
    off = not access.allows("present")
    st.button(
        "Playing" if shown else "Play",
        key=f"play_{folder.identity(path)}",
        type="secondary" if shown else "primary",
        disabled=off or shown,
        help=access.reason("present") if off else "All pages, for everybody, show this recording.",
        on_click=_play,
        args=(path,),
    )


def _play(path: Path) -> None:
    try:
        access.require("present")
        playback.start(path, runtime.current().settings)
    except ApplicationError as error:
        st.toast(str(error))


def links(identity: str) -> str:
    """Write the links to a recording's file and its report."""
    address = f"/recordings/{quote(identity)}"
    return (
        f"<span class='links'><a href='{address}' download>Download</a>"
        f"<a href='{address}/report?{zone_query()}' download>Report</a></span>"
    )


def zone_query() -> str:
    """Write the viewer's time zone, for files that say times."""
    return urlencode({"zone": st.context.timezone or ""})


def _show_delete(path: Path, shown: bool) -> None:
    off = not access.allows("record")
    why = access.reason("record") if off else _PLAYS if shown else None
    with st.popover("Delete", disabled=off or shown, help=why):
        st.html("<p class='question'>It cannot be brought back.</p>")
        st.button(
            "Delete for good",
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
            raise RecordingError(_PLAYS)
        folder.delete(runtime.current().settings, path)
    except ApplicationError as error:
        st.toast(str(error))
