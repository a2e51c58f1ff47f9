"""The scene on the remote: its notes, the steps, and the requests that it sends."""

import streamlit as st

from dashboard import access
from dashboard.components.present import keys
from dashboard.components.present import scene as stage_scene
from dashboard.components.remote import render
from dashboard.talk import stage
from dashboard.talk.scenes import Scene, scenes


def show() -> None:
    """Show the scene that Present shows now, with the buttons for it."""
    scene = stage.current()
    if scene is None:
        st.html(render("before", [each.title for each in scenes()]))
    else:
        _show_scene(scene)
    _show_steps(scene)
    if scene and scene.requests and access.allows("submit"):
        st.button(
            f"Send: {scene.sends}",
            key="send_scene",
            shortcut="s",
            width="stretch",
            on_click=keys.send,
            args=(scene.sends, scene.requests),
        )


def _show_scene(scene: Scene) -> None:
    number, everything = stage.number(), scenes()
    position = f"Scene {number} of {len(everything)}, {scene.minutes:g} min"
    following = everything[number].title if number < len(everything) else ""
    st.html(render("scene", position, scene.title, scene.line, scene.notes.strip(), following))


def _show_steps(scene: Scene | None) -> None:
    with st.container(key="remote_steps"):
        back, forward = st.columns([1, 2], gap="small")
        back.button(
            "Back",
            key="remote_back",
            shortcut="p",
            width="stretch",
            disabled=scene is None,
            on_click=stage_scene.go_to,
            args=(stage.number() - 1,),
        )
        forward.button(
            "Next" if scene else "Begin",
            key="remote_next",
            shortcut="n",
            type="primary",
            width="stretch",
            disabled=stage.number() == len(scenes()),
            on_click=stage_scene.go_to,
            args=(stage.number() + 1,),
        )
