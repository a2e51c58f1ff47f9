"""Title, the health of each source with the age of its reading, and the mode."""

from datetime import tzinfo
from html import escape

import streamlit as st

from dashboard import runtime
from dashboard.components.recordings import replay_bar
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation import formatting

_STALE = 10.0
"""Seconds after which the snapshot itself is old: the sampler does not run."""


def show(title: str, snapshot: Snapshot, zone: tzinfo | None, now: float | None) -> None:
    """Show the bar; ``now`` is None on a page that was frozen at the snapshot."""
    replay_bar.keep_in_step()
    if runtime.current().replaying and now is not None:
        now = runtime.current().now()
    mode = (
        f"replay · {snapshot.mode} mode" if runtime.current().replaying else f"{snapshot.mode} mode"
    )
    st.html(
        f"<div class='top-bar'><h1>{escape(title)}</h1>{pills(snapshot, zone, now)}"
        f"<span class='pill mode'>{escape(mode)}</span></div>"
    )


def pills(snapshot: Snapshot, zone: tzinfo | None, now: float | None) -> str:
    """Write the health of all sources, or why it is not known."""
    if now is not None and now - snapshot.at > _STALE:
        return _pill("silent", f"nothing was read since {formatting.clock(snapshot.at, zone)}")
    frozen = (
        _pill("unread", f"frozen at {formatting.clock(snapshot.at, zone)}") if now is None else ""
    )
    return frozen + "".join(
        pill(name, reading, snapshot.at, zone) for name, reading in sources(snapshot).items()
    )


def sources(snapshot: Snapshot) -> dict[str, Reading]:
    """Name the sources that this mode has."""
    named = {"queue": snapshot.queue, "store": snapshot.store}
    if snapshot.fleet:
        named["cluster" if snapshot.mode == "cluster" else "workers"] = snapshot.fleet
    return named


def pill(name: str, reading: Reading, now: float, zone: tzinfo | None) -> str:
    """Write one source's health."""
    age = reading.age(now)
    if reading.error:
        return _pill("silent", f"{name}: {formatting.time_ago(reading.at, zone)}", reading.error)
    if age is None:
        return _pill("unread", f"{name}: not read yet")
    troubles = getattr(reading.value, "warnings", ())
    if troubles:
        return _pill("unread", f"{name} {formatting.format_age(age)}, in part", " ".join(troubles))
    return _pill("", f"{name} {formatting.format_age(age)}", "age of the newest reading")


def _pill(kind: str, text: str, title: str = "") -> str:
    return f"<span class='pill {kind}' title='{escape(title)}'><i></i>{escape(text)}</span>"
