"""The foot of every page: what the viewer may do, login, and the presenter's key."""

import streamlit as st

from dashboard import access
from dashboard.presentation.templates import render


def show() -> None:
    """Show what the viewer may do, and the ways to log in."""
    policy = access.policy()
    with st.container(key="account", horizontal=True, vertical_alignment="center", gap="small"):
        text = describe_access(policy, access.role(), access.email())
        st.html(render("components/page/account.html", sentence=text))
        if policy.login:
            show_login("foot")
        if policy.key:
            _show_key()


def describe_access(policy: access.Policy, role: access.Role, email: str | None) -> str:
    """Return a sentence about what the viewer may do."""
    if policy.open_to_all:
        return "No login: anyone who can open this page can submit and delete."
    if not policy.login:
        return f"No login: anyone who can open this page can submit. {_PRESENTER[role]}"
    if email is None:
        return f"Anyone can view; members log in to submit. {_PRESENTER[role]}"
    return f"Logged in as {email}: {_MEMBER[role]}."


_PRESENTER: dict[access.Role, str] = {
    "visitor": "Only the presenter can delete, approve and purge.",
    "member": "Only the presenter can delete, approve and purge.",
    "presenter": "You are the presenter: you can delete, approve and purge.",
}
_MEMBER: dict[access.Role, str] = {
    "visitor": "not a member, you can view",
    "member": "a member, you can submit",
    "presenter": "a presenter, you can do everything",
}


def show_login(location: str) -> None:
    """Show a button that logs in or out; ``location`` makes its key unique on the page."""
    if not access.is_logged_in():
        st.button("Log in", key=f"log_in_{location}", on_click=st.login)
    else:
        st.button("Log out", key=f"log_out_{location}", on_click=_log_out)


def _log_out() -> None:
    access.drop_key()
    st.logout()


def _show_key() -> None:
    if access.role() == "presenter":
        if access.has_key():
            st.button("Stop presenting", key="drop_key", on_click=access.drop_key)
        return
    with st.popover("Presenter login"), st.form("presenter", border=False, clear_on_submit=True):
        key = st.text_input("Presenter key", type="password", autocomplete="off")
        if st.form_submit_button("Log in") and (problem := _try_key(key)):
            st.error(problem)
        elif access.has_key():
            st.rerun()


def _try_key(key: str) -> str:
    """Log in with a key; return why it was rejected, empty if it was accepted."""
    try:
        is_right = access.present_key(key)
    except access.LockedOut as error:
        return str(error)
    return "" if is_right else "Wrong key. Please try again."
