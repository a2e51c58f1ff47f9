"""Where the requests come from: this run, a recording, a burst, or a day."""

from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import streamlit as st

from core.errors import RecordingError
from dashboard import runtime
from dashboard.components.common import tables, viewer_snapshot
from dashboard.components.tune import render
from dashboard.domain.snapshot import Snapshot
from dashboard.presentation import formatting
from dashboard.recordings import folder
from dashboard.recordings.reader import read
from dashboard.recordings.replay_state import ReplayState
from dashboard.recordings.summary import summary_of
from dashboard.whatif import arrivals
from dashboard.whatif.real import Trace, trace_of

_LAST = {"10 min": 600.0, "1 h": 3600.0}
_RECORDING, _BURST, _DAY = "Recording", "Burst", "Day"
_BARS = 60
_MAX_BURST, _MAX_DAY = 5_000, 100_000
_MAX_RECORDINGS = 20
_RENEWED_SECONDS, _MADE_UP_RENEWED_SECONDS = 5.0, 60.0


class Source(NamedTuple):
    """The requests to replay, and the run whose fleet they meet."""

    trace: Trace
    snapshot: Snapshot
    """The run from which the fleet is measured: this one, or the recorded one."""


def show_choice() -> None:
    """Show the choice, which the address bar keeps, and what belongs to it."""
    choice = st.segmented_control(
        "Arrivals",
        [*_LAST, _RECORDING, _BURST, _DAY],
        default=next(iter(_LAST)),
        key="arrivals",
        label_visibility="collapsed",
        required=True,
        bind="query-params",
    )
    if choice == _RECORDING:
        _show_recordings()
    elif choice == _BURST:
        st.number_input("Requests", 1, _MAX_BURST, 20, key="burst_requests")
    elif choice == _DAY:
        st.number_input("Requests", 1, _MAX_DAY, 10_000, step=1000, key="day_requests")


def _show_recordings() -> None:
    paths = folder.paths(runtime.current().settings)[:_MAX_RECORDINGS]
    summaries = [summary for path in paths if (summary := summary_of(path)) and not summary.error]
    names = {folder.identity(summary.path): summary.name for summary in summaries}
    st.selectbox(
        "Recording",
        list(names),
        format_func=lambda identity: names.get(identity, identity),
        key="tried_recording",
        label_visibility="collapsed",
    )


def identity() -> tuple[object, ...]:
    """Return the choice of requests, which stays the same while newer ones of it arrive."""
    keys = ("arrivals", "tried_recording", "burst_requests", "day_requests")
    return tuple(st.session_state.get(key) for key in keys)


def selected_source() -> Source:
    """Return the selected requests; raises RecordingError if a recording cannot be read."""
    choice = st.session_state.get("arrivals") or next(iter(_LAST))
    snapshot = viewer_snapshot.newest()
    if choice == _BURST:
        return _made_up_source(snapshot, _BURST, st.session_state.get("burst_requests", 20))
    if choice == _DAY:
        return _made_up_source(snapshot, _DAY, st.session_state.get("day_requests", 10_000))
    if choice == _RECORDING:
        return _recorded(st.session_state.get("tried_recording"))
    return _recent(snapshot, choice)


def _made_up_source(snapshot: Snapshot, kind: str, requests: int) -> Source:
    """Return made-up requests, and the fleet of up to a minute ago: a day takes a second."""
    fleet = _recent(snapshot, next(iter(_LAST)), _MADE_UP_RENEWED_SECONDS).snapshot
    return Source(_made_up(kind, requests), fleet)


class _Recent:
    """The last minutes or hours, renewed every few seconds and shared by all sessions."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: dict[tuple[str, float], tuple[object, Source]] = {}

    def __call__(
        self, snapshot: Snapshot, choice: str, seconds: float = _RENEWED_SECONDS
    ) -> Source:
        context = runtime.current()
        with self._lock:
            owner, source = self._latest.get((choice, seconds), (None, None))
            is_new = source is not None and 0 <= snapshot.at - source.snapshot.at < seconds
            if source is None or not is_new or owner is not context:
                source = Source(trace_of(snapshot, _LAST[choice]), snapshot)
                self._latest[choice, seconds] = (context, source)
            return source


_recent = _Recent()


@lru_cache(maxsize=8)
def _made_up(kind: str, requests: int) -> Trace:
    make = arrivals.burst if kind == _BURST else arrivals.day
    return Trace(make(requests), ())


def _recorded(identity: str | None) -> Source:
    path = folder.find(runtime.current().settings, identity) if identity else None
    if path is None:
        raise RecordingError("Choose a recording.")
    try:
        modified = path.stat().st_mtime_ns
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}.") from None
    return _read(path, modified)


@lru_cache(maxsize=4)
def _read(path: Path, _modified: int) -> Source:
    """Return a whole recorded run, read once for each version of its file."""
    recording = read(path)
    state = ReplayState(recording)
    state.play_until(recording.end)
    snapshot = state.sampler.snapshot()
    return Source(trace_of(snapshot, float("inf")), snapshot)


def show_bars(trace: Trace) -> None:
    """Show how many requests there are, and when they arrive."""
    found = trace.arrivals
    requests = formatting.pluralize(len(found), "request")
    st.html(tables.title("Arrivals", f"{requests} in {formatting.duration(found.span)}"))
    counts, _ = np.histogram(np.maximum(found.at, 0), bins=_BARS, range=(0, found.span or 1))
    highest = max(int(counts.max()), 1)
    st.html(render("bars", [round(100 * int(count) / highest) for count in counts]))
