"""Variations of a picture: new pictures of its prompt that begin with it."""

import streamlit as st

from core.errors import MessageError
from dashboard import access
from dashboard.components.jobs import own_jobs
from dashboard.gallery.stored_jobs import job_of
from wire.messages.job import Job
from wire.messages.metadata import Metadata
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import PictureName, picture_name

COUNT = 4
STRENGTH = 0.55
"""Keeps the composition and changes the details, with models of many and of few steps."""

_TOOLTIP = f"Sends a request for {COUNT} pictures that begin with this one (strength {STRENGTH:g})."


def offered(model: ModelCapabilities | None) -> bool:
    """Return whether the workers' model can begin with a picture."""
    return model is not None and {"init_image", "strength"} <= set(model.accepts)


def show_button(picture: PictureName, metadata: Metadata) -> bool:
    """Show a button that sends the request; return whether it was sent in this run."""
    allowed = access.allows("submit")
    help_text = _TOOLTIP if allowed else access.reason("submit")
    if not st.button("Vary", key="dialog_vary", help=help_text, disabled=not allowed):
        return False
    try:
        job = varied(job_of(picture.job_id, metadata), picture)
    except MessageError as error:  # older versions allowed sizes that today's models refuse
        st.toast(f"This picture cannot be varied: {error}")
        return False
    if not own_jobs.repeat(job):
        return False
    st.toast(f"{COUNT} variations were sent. They appear in the Studio and in the Gallery.")
    return True


def varied(job: Job, picture: PictureName) -> Job:
    """Return a picture's job with the picture as the initial one."""
    initial = picture_name(picture.job_id, picture.number)
    changes = {"count": COUNT, "init_image": initial, "strength": STRENGTH}
    return job.model_copy(update=changes)
