"""The foot of every page: to whom it is open, and how to log in or become the presenter."""

from html import escape

import streamlit as st

from dashboard import access


def show() -> None:
    """Show who the viewer is here, and the ways to become more."""
    policy = access.policy()
    with st.container(key="account", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f"<p>{escape(sentence(policy, access.role(), access.email()))}</p>")
        if policy.login:
            show_login("foot")
        if policy.key:
            _show_key()


def sentence(policy: access.Policy, role: access.Role, email: str | None) -> str:
    """Say what the viewer may do here, and as whom."""
    if policy.open_to_all:
        return "Open to all who reach this page: everybody may submit and delete."
    if not policy.login:
        return "Everybody may submit. " + _as_presenter(role)
    if email is None:
        return "Everybody may look; members log in to submit. " + _as_presenter(role)
    return f"Logged in as {email}, {_MAY[role]}."


_MAY = {
    "visitor": "who is not among the members: you may look",
    "member": "a member: you may submit",
    "presenter": "a presenter: you may do everything",
}


def _as_presenter(role: access.Role) -> str:
    may = "You are" if role == "presenter" else "Only the presenter is"
    return f"{may} able to delete, approve and purge."


def show_login(place: str) -> None:
    """Show the button that logs in or out; ``place`` tells it from others on the page."""
    if not access.is_logged_in():
        st.button("Log in", key=f"log_in_{place}", on_click=st.login)
    else:
        st.button("Log out", key=f"log_out_{place}", on_click=st.logout)


def _show_key() -> None:
    if access.role() == "presenter":
        if access.has_key():
            st.button("Present no more", key="drop_key", on_click=access.drop_key)
        return
    with st.popover("I am the presenter"), st.form("presenter", border=False, clear_on_submit=True):
        typed = st.text_input("Presenter's key", type="password", autocomplete="off")
        if st.form_submit_button("Enter") and (refusal := _try_key(typed)):
            st.error(refusal)
        elif access.has_key():
            st.rerun()


def _try_key(typed: str) -> str:
    """Offer a key; return why it was not taken, empty if it was."""
    try:
        right = access.present_key(typed)
    except access.LockedOut as error:
        return str(error)
    return "" if right else "That is not the key. Nothing was changed; try again."
