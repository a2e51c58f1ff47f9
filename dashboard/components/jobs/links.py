"""Links to a job's details, from wherever a job is named."""

from html import escape

import streamlit as st

from dashboard.components.common import navigation

PARAMETER = "job"
_OPEN = "open_job"


def link(job_id: str, text: str) -> str:
    """Write a link; a page that shows it with ``dom_patch`` gets the id of a clicked one."""
    address = escape(_address(job_id))
    opens = escape(job_id)
    return f"<a href='{address}' data-opens='{opens}' title='{escape(text)}'>{escape(text)}</a>"


def follow(job_id: str) -> None:
    """Go to a job's details without leaving the session."""
    st.session_state[_OPEN] = job_id
    navigation.begin(_address(job_id))


def ask_for(job_id: str) -> None:
    """Remember which job's details to open; the Jobs page's next full run opens them."""
    st.session_state[_OPEN] = job_id
    st.query_params[PARAMETER] = job_id


def asked_for() -> str:
    """Return the id of the job to open, from a click or from the address; empty for none."""
    # The address is read once: it follows the page's state, and late on a busy machine.
    return st.session_state.setdefault(_OPEN, st.query_params.get(PARAMETER, ""))


def forget() -> None:
    """Open none at the next run."""
    st.session_state[_OPEN] = ""
    st.query_params.pop(PARAMETER, None)


def _address(job_id: str) -> str:
    return f"jobs?{PARAMETER}={job_id}"
