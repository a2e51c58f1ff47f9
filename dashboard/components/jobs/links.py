"""Links to a job's details, for every list that names a job."""

import streamlit as st
from markupsafe import Markup

from dashboard.components.common import navigation
from dashboard.presentation.templates import render_macro

PARAMETER = "job"
_OPEN = "open_job"


def link(job_id: str, text: str) -> Markup:
    """Render a link; ``dom_patch.show`` returns the job's id when it is clicked."""
    return render_macro("components/jobs/jobs.html", "link", job_id, text)


def follow(job_id: str) -> None:
    """Open a job's details on the Jobs page, in the same session."""
    st.session_state[_OPEN] = job_id
    navigation.begin(_address(job_id))


def open_details(job_id: str) -> None:
    """Open a job's details at the Jobs page's next full run."""
    st.session_state[_OPEN] = job_id
    st.query_params[PARAMETER] = job_id


def open_job_id() -> str:
    """Return the id of the job to show, from a click or from the address; empty for none."""
    # The address is read once per session: a busy browser reports its changes late.
    job_id: str = st.session_state.setdefault(_OPEN, st.query_params.get(PARAMETER, ""))
    return job_id


def close_details() -> None:
    """Show no details at the next run."""
    st.session_state[_OPEN] = ""
    st.query_params.pop(PARAMETER, None)


def _address(job_id: str) -> str:
    return f"jobs?{PARAMETER}={job_id}"
