"""Tune: what would happen with other settings, on the requests that really arrived."""

import time
from datetime import tzinfo

import streamlit as st

from core.errors import RecordingError
from dashboard import runtime
from dashboard.components.common import scaling_sentence, tables, viewer
from dashboard.components.page import top_bar
from dashboard.components.tune import arrivals, controls, laboratory, outcomes, patch, search
from dashboard.presentation.whatif import words

_REFRESH_SECONDS = 2.0


def show_live() -> None:
    """Show everything that depends on the requests and the dials, from one simulation."""
    zone = viewer.zone()
    top_bar.show("Tune", runtime.current().sampler.snapshot(), zone, time.time())
    try:
        source = arrivals.chosen()
    except RecordingError as error:
        st.html(tables.note(str(error)))
        return
    real = laboratory.real_scenario(source)
    if real is None:
        st.html(tables.note(laboratory.why_unknown(source.snapshot)))
        return
    show_laboratory(source, real, zone)


def show_laboratory(source: arrivals.Source, real: laboratory.Real, zone: tzinfo | None) -> None:
    """Show the sentence and the cards."""
    search.move_dials(arrivals.identity())
    currency = runtime.current().settings.currency
    as_real, tried = laboratory.compare(source, real, controls.changes())
    with st.container(key="tune_sentence"):
        scaling_sentence.show(*words.sentence(as_real, tried, currency))
    with st.container(key="tune_cards"):
        with st.container(border=True, key="card_dials", gap="small"):
            arrivals.show_bars(source.stretch)
            controls.show(real.scenario, real.measured, real.title, currency)
            laboratory.show_reset(source, as_real)
        with st.container(border=True, key="card_outcomes", gap="small"):
            outcomes.show(source, as_real, tried, currency, zone)
        with st.container(border=True, key="card_pareto", gap="small"):
            requests = arrivals.identity()
            search.show(source.stretch.arrivals, as_real, tried, currency, requests)
        with st.container(border=True, key="card_patch", gap="small"):
            patch.show(real.scenario, tried.scenario, real.scaler)


# tune.css places the containers in a grid.
with st.container(key="tune"):
    with st.container(key="tune_arrivals"):
        arrivals.show_choice()
    st.fragment(run_every=_REFRESH_SECONDS)(show_live)()
