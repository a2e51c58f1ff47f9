"""The live card: four figures, and the what-if lines over the real lanes."""

from datetime import UTC, tzinfo

import streamlit as st

from dashboard.components.timeline import live_plot
from dashboard.components.tune import render
from dashboard.components.tune.arrivals import Source
from dashboard.components.tune.result_cache import result_cache
from dashboard.presentation.timeline.layout import HEIGHT
from dashboard.presentation.whatif import lanes, words
from dashboard.presentation.whatif.lanes import Chart
from dashboard.whatif.scenario import Result


def show(source: Source, real: Result, tried: Result, currency: str, zone: tzinfo | None) -> None:
    """Show what a scenario would amount to, beside what is real."""
    unit = "GPU" if tried.scenario.model.nodes else "worker"
    items = list(words.figures(real.outcome, tried.outcome, unit, currency))
    st.html(render("figures", items))
    live_plot.show_figure(*_figure((source, real, tried), zone), "tune_lanes", HEIGHT)
    st.html(render("legend", "real" if source.trace.samples else "the real settings, simulated"))


@result_cache
def _figure(source: Source, real: Result, tried: Result, zone: tzinfo | None) -> tuple[str, str]:
    """Return the chart as JSON text, and its description."""
    chart = _chart(source, real, tried, zone)
    return lanes.draw(chart).to_json(), lanes.alt_text(chart)


def _chart(source: Source, real: Result, tried: Result, zone: tzinfo | None) -> Chart:
    trace = source.trace
    if trace.samples:
        ends = trace.start + trace.arrivals.span
        return Chart(trace.samples, tried.run, source.snapshot.annotations, zone, ends)
    ends = lanes.start_of(tried.run) + max(real.run.end, tried.run.end)
    return Chart(lanes.samples_of(real.run), tried.run, (), UTC, ends)
