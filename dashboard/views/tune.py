"""Tune: what would happen with other settings, on the requests that really arrived."""

import time
from datetime import tzinfo

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import runtime
from dashboard.components.common import scaling_sentence, tables, viewer
from dashboard.components.page import top_bar
from dashboard.components.tune import arrivals, controls, laboratory, outcomes, patch, search
from dashboard.components.tune.arrivals import Source
from dashboard.components.tune.laboratory import Real
from dashboard.presentation.whatif import words

_REFRESH_SECONDS = 2.0


def show_live() -> None:
    """Show everything; what depends on the requests and the dials is from one simulation."""
    zone = viewer.zone()
    top_bar.show("Tune", runtime.current().sampler.snapshot(), zone, time.time())
    sentence = st.container(key="tune_sentence")
    with st.container(key="tune_cards"):
        card = st.container(border=True, key="card_dials", gap="small")
        with card:
            arrivals.show_choice()
        found = laboratory.read()
        if isinstance(found, str):
            with st.container(border=True, key="card_outcomes"):
                st.html(tables.note(found))
        else:
            show_laboratory(*found, sentence, card, zone)


def show_laboratory(
    source: Source, real: Real, sentence: DeltaGenerator, card: DeltaGenerator, zone: tzinfo | None
) -> None:
    """Show the sentence, the dials, and the cards that follow from them."""
    requests = arrivals.identity()
    search.move_dials(requests)
    currency = runtime.current().settings.currency
    as_real, tried = laboratory.compare(source, real, controls.changes())
    with sentence:
        scaling_sentence.show(*words.sentence(as_real, tried, currency))
    with card:
        arrivals.show_bars(source.trace)
        controls.show(real.scenario, real.measured, real.title, currency)
        laboratory.show_reset(source, real, as_real)
    with st.container(border=True, key="card_outcomes", gap="small"):
        outcomes.show(source, as_real, tried, currency, zone)
    with st.container(border=True, key="card_pareto", gap="small"):
        search.show(source.trace.arrivals, as_real, tried, currency, requests)
    with st.container(border=True, key="card_patch", gap="small"):
        patch.show(real.scenario, tried.scenario, real.scaler)


# tune.css places the containers in a grid.
with st.container(key="tune"):
    st.fragment(run_every=_REFRESH_SECONDS)(show_live)()
