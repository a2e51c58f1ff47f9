"""Studio page: submit prompts and follow how the fleet scales and generates."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import numbers, scaling_sentence, viewer, viewer_snapshot
from dashboard.components.page import top_bar
from dashboard.components.pictures import dialog, tiles
from dashboard.components.studio import form_submission, job_cards, prompt_form
from dashboard.components.timeline import live_plot, time_range
from dashboard.presentation import model_facts, scaling_reason
from dashboard.presentation.model_facts import assumed_capabilities

_REFRESH_SECONDS = 1.0

model_id = runtime.current().settings.model_id
model = model_facts.read(model_id, recorded=runtime.current().replaying)
announced = runtime.current().sampler.snapshot().model


def show_live() -> None:
    """Render everything that changes, in one run from one snapshot, so that all numbers agree."""
    snapshot = viewer_snapshot.shown(time_range.snapshot())
    if snapshot.model != announced and not time_range.frozen():
        st.rerun()  # the form shows what the model accepts
    if form_submission.has_result():
        st.rerun()  # the form shows why a request was not sent
    zone = viewer.zone()
    with st.container(key="bar"):
        now = None if time_range.frozen() else time.time()
        top_bar.show("Stable Diffusion, live", snapshot, zone, now)
    with st.container(key="numbers"):
        numbers.show(snapshot, zone)
    with st.container(key="chart"):
        live_plot.show(snapshot, time_range.seconds(), zone)
    with st.container(key="why"):
        scaling_sentence.show(*scaling_reason.explain_snapshot(snapshot, zone))
    with st.container(key="jobs", gap="small"):
        job_cards.show(snapshot)
    with st.container(key="pictures", gap="small"):
        clicked = tiles.show(snapshot, zone, model.notice)
    if clicked:
        dialog.open_picture(clicked)
        st.rerun()  # a dialog opened here would be closed by the next refresh


# studio.css lays out the containers: two columns on wide pages, one on phones.
with st.container(key="studio"):
    with st.container(border=True, key="card_form"):
        prompt_form.show(model, announced or assumed_capabilities(model_id, model))
    with st.container(key="controls"):
        time_range.show()
    st.fragment(run_every=None if time_range.frozen() else _REFRESH_SECONDS)(show_live)()
dialog.show_if_open(viewer.zone())
