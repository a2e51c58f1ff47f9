"""The bar above every page during a replay: its name, its position, and its controls."""

from typing import Any

import streamlit as st

from dashboard import access, runtime
from dashboard.components.common import custom_component
from dashboard.presentation import formatting
from dashboard.recordings import playback
from dashboard.recordings.replay import SPEEDS, Replay

_REFRESH_SECONDS = 1.0
_KEY = "replay_bar"
_SHOWN_REPLAY = "shown_replay"
_CONFIRMED = "replay_bar_confirmed"

_bar = custom_component.component(
    "recordings/replay_bar", "<div class='replay-bar' role='region' aria-label='Replay'></div>"
)


def show() -> None:
    """Show the bar during a replay."""
    replay = playback.current()
    st.session_state[_SHOWN_REPLAY] = id(replay)
    if replay:
        st.fragment(run_every=_REFRESH_SECONDS)(_show)()


def keep_in_step() -> None:
    """Rerun the page if a replay was started or ended since the page was drawn."""
    if st.session_state.get(_SHOWN_REPLAY) != id(playback.current()):
        st.rerun()


def _show() -> None:
    keep_in_step()
    replay = playback.current()
    if replay:
        with st.container(key="replay"):
            data = fields(replay) | {"confirmed": st.session_state.get(_CONFIRMED, 0)}
            _bar(data=data, key=_KEY, on_commands_change=_run_commands)


def fields(replay: Replay) -> dict[str, Any]:
    """Return the state of a replay as ``replay_bar.js`` reads it, but for this page's part."""
    header, position = replay.recording.header, replay.position()
    return {
        "name": header.name,
        "recorded": f"recorded {formatting.date(header.at)}, {header.mode} mode",
        "seconds": position.seconds,
        "duration": position.duration,
        "speed": position.speed,
        "speeds": SPEEDS,
        "playing": position.playing,
        "controls": access.allows("present"),
        "live": runtime.live() is not None,
    }


def _run_commands() -> None:
    """Apply the controls that were used since the last update, as a callback."""
    replay, commands = playback.current(), st.session_state[_KEY].commands
    confirmed = st.session_state.get(_CONFIRMED, 0)
    if replay and commands and access.allows("present"):
        st.session_state[_CONFIRMED] = act_after(confirmed, replay, commands)


def act_after(confirmed: int, replay: Replay, commands: list[dict[str, Any]]) -> int:
    """Apply the commands whose number is above ``confirmed``; return the last number."""
    for command in commands:
        if command["number"] > confirmed:
            act(replay, command)
            confirmed = command["number"]
    return confirmed


def act(replay: Replay, command: dict[str, Any]) -> None:
    """Apply a command from the browser; unknown commands are ignored."""
    match command:
        case {"do": "play"}:
            replay.play()
        case {"do": "pause"}:
            replay.pause()
        case {"do": "restart"}:
            replay.seek(0.0)
            replay.play()
        case {"do": "seek", "to": int() | float() as seconds}:
            replay.seek(seconds)
        case {"do": "speed", "to": int() as speed}:
            replay.set_speed(speed)
        case {"do": "live"} if runtime.live():
            playback.stop()
