"""The scene of the guided talk on Present, and the keys that step through the scenes."""

import streamlit as st

from dashboard import access
from dashboard.components.present import render
from dashboard.talk import stage
from dashboard.talk.scenes import LANES, Focus, scenes

_PARTS: dict[Focus, str] = {
    "numbers": "numbers",
    "why": "why",
    "map": "map",
    "wall": "wall",
    "invitation": "invitation",
    "podium": "podium",
    **dict.fromkeys(LANES, "chart"),
}
"""The part of the stage that a focus belongs to."""
_DIMMED = ("numbers", "chart", "map", "wall")
"""The parts that step back; not the invitation, which phones must read."""


def show() -> None:
    """Show title and line of the scene, and dim what is not in focus."""
    scene = stage.current()
    if scene is None:
        return
    part = _PARTS[scene.focus] if scene.focus else ""
    dimmed = [each for each in _DIMMED if each != part]
    position = f"{stage.number()} of {len(scenes())}"
    st.html(render("scene", scene.title, scene.line, position, dimmed if part else ()))


def lane() -> Focus | None:
    """Return the lane of the chart that is in focus, if any."""
    scene = stage.current()
    return scene.focus if scene and scene.focus in LANES else None


def wants_map() -> bool:
    """Return whether the scene is about the map of the fleet."""
    scene = stage.current()
    return scene is not None and scene.focus == "map"


def wants_podium() -> bool:
    """Return whether the scene is about the pictures with the most hearts."""
    scene = stage.current()
    return scene is not None and scene.focus == "podium"


def show_buttons(disabled: bool) -> None:
    """Show the buttons that step through the scenes, to a presenter."""
    if not access.allows("present"):
        return
    st.button("Back", key="scene_back", shortcut="p", on_click=step, args=(-1,), disabled=disabled)
    st.button("Next", key="scene_next", shortcut="n", on_click=step, args=(1,), disabled=disabled)


def step(by: int) -> None:
    """Go forward or back on all screens, as a click's callback."""
    if access.allows("present"):
        stage.step(by)


def end() -> None:
    """Take the scenes off all screens, as a click's callback."""
    if access.allows("present"):
        stage.end()
