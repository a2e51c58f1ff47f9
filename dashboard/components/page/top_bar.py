"""The title, the health of each source with the age of its reading, and the mode."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Literal

import streamlit as st

from dashboard import runtime
from dashboard.components.recordings import replay_bar
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.presentation import formatting
from dashboard.presentation.templates import render

_STALE_AFTER_SECONDS = 10.0
"""An older snapshot means that the sampler does not run."""


@dataclass(frozen=True)
class Pill:
    """The health of one source."""

    kind: Literal["", "unread", "silent", "paused"]
    """CSS class: empty if the source is healthy."""
    text: str
    detail: str = ""
    """The tooltip."""
    source: str = ""
    """The source's name, if the text is about one."""


def show(title: str, snapshot: Snapshot, zone: tzinfo | None, now: float | None) -> None:
    """Show the bar; ``now`` is None on a page that is frozen at the snapshot."""
    replay_bar.keep_in_step()
    context = runtime.current()
    if context.replaying and now is not None:
        now = context.now()
    mode = f"replay · {snapshot.mode} mode" if context.replaying else f"{snapshot.mode} mode"
    pills = list(health(snapshot, zone, now))
    st.html(render("components/page/top_bar.html", title=title, pills=pills, mode=mode))


def show_hidden_heading(title: str) -> None:
    """Show the heading of a page without a bar, to screen readers only."""
    st.html(render("components/page/hidden_heading.html", title=title))


def health(snapshot: Snapshot, zone: tzinfo | None, now: float | None) -> Iterator[Pill]:
    """Return the health of all sources, or why it is unknown."""
    if now is not None and now - snapshot.at > _STALE_AFTER_SECONDS:
        yield Pill("silent", f"no reading since {formatting.clock(snapshot.at, zone)}")
        return
    if snapshot.queue.value and snapshot.queue.value.paused:
        yield Pill("paused", "The queue is paused", "Workers take no new request until it resumes")
    if now is None:
        yield Pill("unread", f"frozen at {formatting.clock(snapshot.at, zone)}")
    for name, reading in sources(snapshot).items():
        yield health_of(name, reading, snapshot.at, zone)


def sources(snapshot: Snapshot) -> dict[str, Reading[Any]]:
    """Return the readings of the sources that the snapshot's mode has, by name."""
    named: dict[str, Reading[Any]] = {"queue": snapshot.queue, "store": snapshot.store}
    if snapshot.fleet:
        named["cluster" if snapshot.mode == "cluster" else "workers"] = snapshot.fleet
    return named


def health_of(name: str, reading: Reading[Any], now: float, zone: tzinfo | None) -> Pill:
    """Return one source's health."""
    age = reading.age(now)
    if reading.error:
        silence = formatting.time_ago(reading.at, zone)
        return Pill("silent", f"{name}: {silence}", reading.error, name)
    if age is None:
        return Pill("unread", f"{name}: not read yet", source=name)
    text = f"{name} {formatting.format_age(age)}"
    if warnings := getattr(reading.value, "warnings", ()):
        return Pill("unread", f"{text}, incomplete", " ".join(warnings), name)
    return Pill("", text, "Age of the newest reading", name)
