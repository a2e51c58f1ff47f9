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


def shows(part: Focus) -> bool:
    """Return whether a part of the stage is shown in place of another.

    It is where the scene is about it; ``switch`` changes that for this browser.
    """
    scene = stage.current()
    is_focus = scene is not None and scene.focus == part
    return bool(st.session_state.get(_switched(part))) != is_focus


def switch(part: Focus) -> None:
    """Show a part, or what it replaces again; a callback of buttons."""
    st.session_state[_switched(part)] = not st.session_state.get(_switched(part))


def show_switch(part: Focus, labels: tuple[str, str], shortcut: str, disabled: bool) -> None:
    """Show the button that switches a part; the second label is for while it is shown."""
    label, key = labels[shows(part)], f"switch_{part}"
    st.button(label, key=key, shortcut=shortcut, on_click=switch, args=(part,), disabled=disabled)


def _switched(part: Focus) -> str:
    return f"stage_{part}_switched"


def show_buttons(disabled: bool) -> None:
    """Show the buttons that step through the scenes, to a presenter."""
    if not access.allows("present"):
        return
    for label, by, key in (("Back", -1, "p"), ("Next", 1, "n")):
        number = stage.number() + by
        st.button(label, shortcut=key, on_click=go_to, args=(number,), disabled=disabled)


def go_to(number: int) -> None:
    """Show a scene on all screens, as a click's callback; 0 ends the talk.

    A click names its scene, so that two presenters who click at once skip none.
    """
    if access.allows("present"):
        stage.show(number)
