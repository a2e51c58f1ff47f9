"""The bar above every page while a replay is shown: that it is one, where it is, its controls."""

from typing import Any

import streamlit as st

from dashboard import access, runtime
from dashboard.components.common import custom_component
from dashboard.presentation import formatting
from dashboard.recordings import playback
from dashboard.recordings.replay import SPEEDS, Replay

_TICK = 1.0
"""Seconds after which the others see what somebody did to the replay."""
_KEY = "replay_bar"
_DRAWN = "replay_drawn"

_bar = custom_component.component(
    "recordings/replay_bar", "<div class='replay-bar' role='region' aria-label='Replay'></div>"
)


def show() -> None:
    """Show the bar if a replay is shown."""
    replay = playback.current()
    st.session_state[_DRAWN] = id(replay)
    if replay:
        st.fragment(run_every=_TICK)(_show)()


def keep_in_step() -> None:
    """Draw the page anew if it was drawn before somebody began or ended a replay."""
    if st.session_state.get(_DRAWN) != id(playback.current()):
        st.rerun()


def _show() -> None:
    keep_in_step()
    replay = playback.current()
    if replay:
        with st.container(key="replay"):
            _bar(data=fields(replay), key=_KEY, on_command_change=_obey)


def fields(replay: Replay) -> dict[str, Any]:
    """Write where the replay is, for the browser."""
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


def _obey() -> None:
    """Do what was clicked, as a callback."""
    replay, command = playback.current(), st.session_state[_KEY].command
    if not replay or not command or not access.allows("present"):
        return
    act(replay, command)


def act(replay: Replay, command: dict[str, Any]) -> None:
    """Do what the browser sent; what is none of the commands is passed over."""
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
