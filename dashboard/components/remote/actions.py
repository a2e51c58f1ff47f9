"""What else the presenter does from the remote: bursts, faults and approvals."""

import streamlit as st

from dashboard import access, runtime
from dashboard.components.chaos import panel
from dashboard.components.common import tables
from dashboard.components.present import approval_list, keys, scene
from dashboard.domain.bursts import BURSTS
from dashboard.talk import stage


def show_bursts() -> None:
    """Show a button for each burst."""
    if not access.allows("submit"):
        return
    with st.container(border=True, key="card_bursts", gap="small"):
        st.html(tables.title("Bursts"))
        with st.container(horizontal=True, gap="small"):
            for burst in BURSTS:
                arguments = (burst.name, burst.requests())
                st.button(burst.label, key=burst.name, on_click=keys.send, args=arguments)


def show_faults() -> None:
    """Show the faults that can be injected, where that is on."""
    if panel.is_enabled():
        with st.container(border=True, key="card_faults", gap="small"):
            st.html(tables.title("Chaos"))
            panel.show("remote")


def show_approvals() -> None:
    """Show the pictures that wait for approval."""
    approvals = runtime.current().approvals
    if approvals and access.allows("approve"):
        with st.container(border=True, key="card_approvals", gap="small"):
            approval_list.show_switch(approvals)
            approval_list.show(approvals, columns=2)


def show_end() -> None:
    """Show the button that takes the scenes off all screens."""
    if stage.number():
        st.button("End the talk", key="end_talk", width="stretch", on_click=scene.go_to, args=(0,))
