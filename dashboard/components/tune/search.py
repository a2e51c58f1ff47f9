"""Find the cheapest settings that keep waiting under a limit; the chart shows all of them."""

import subprocess
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import streamlit as st

from dashboard import access
from dashboard.components.common import tables
from dashboard.components.timeline import live_plot
from dashboard.components.tune import controls
from dashboard.components.tune.result_cache import result_cache
from dashboard.presentation.whatif import pareto
from dashboard.presentation.whatif.pareto import Pareto
from dashboard.presentation.whatif.words import seconds
from dashboard.whatif import parallel
from dashboard.whatif.arrivals import Arrivals
from dashboard.whatif.dials import changes_to
from dashboard.whatif.result import Outcome, Price
from dashboard.whatif.scenario import Result, Scenario
from dashboard.whatif.search import Trial, candidates, cheapest, priced, quickest

_MAX_REQUESTS = 20_000
_KEY, _LIMIT_KEY = "tune_search", "tune_limit"
_DEFAULT_LIMIT = 30.0
_FLEET = frozenset({"join", "pull", "idle", "slots", "load", "picture", "batch"})
_KEPT = _FLEET | {"price", "spot"}
"""Dials that a search does not turn, beside those of the scaler that it starts from."""
_SUBJECT = _FLEET | {"other_kind", "polling"}
"""Dials after which a search is of another subject."""
_EMPTY = "Find tries many settings on the same requests, and shows what each would cost."

_executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="what-if search")
"""One search at a time, whoever starts it: each takes two processors for some seconds."""


@dataclass
class Search:
    """A viewer's newest search."""

    future: Future[list[Trial]]
    real: Scenario
    limit: float
    settings: int
    """How many are tried."""
    subject: Hashable
    """Of which requests and which fleet it is."""
    moved: bool = False
    """Whether the dials were moved to what was found."""


def move_dials(requests: Hashable) -> None:
    """Move the dials to what a search has found, once; drop a search of another subject."""
    search: Search | None = st.session_state.get(_KEY)
    if search and search.subject != _subject(requests):
        search.future.cancel()
        del st.session_state[_KEY]
        return
    trials = _trials(search)
    found = cheapest(trials, search.limit) if search and trials and not search.moved else None
    if search and found:
        search.moved = True
        best = Scenario(found.setup, search.real.model, search.real.price)
        kept = {name: value for name, value in controls.changes().items() if name in _KEPT}
        controls.change_to(kept | changes_to(search.real, best))


def _subject(requests: Hashable) -> Hashable:
    """Return what a search is about: the requests, and what it takes from moved dials."""
    changes = sorted(controls.changes().items())
    return requests, tuple(change for change in changes if change[0] in _SUBJECT)


def show(
    arrivals: Arrivals, real: Result, tried: Result, currency: str, requests: Hashable
) -> None:
    """Show the limit, the button, and the chart of the newest search."""
    search: Search | None = st.session_state.get(_KEY)
    trials = _trials(search)
    st.html(tables.title("Cost against waiting, p95", f"{len(trials)} settings" if trials else ""))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.number_input(
            "Cheapest with p95 under, in seconds",
            0.5,
            3600.0,
            _DEFAULT_LIMIT,
            step=5.0,
            format="%g",
            key=_LIMIT_KEY,
            width=240,
        )
        refusal = _refusal(arrivals)
        st.button(
            "Find",
            type="primary",
            key="tune_find",
            disabled=bool(refusal) or (search is not None and not search.future.done()),
            help=refusal or None,
            on_click=start,
            args=(arrivals, tried.scenario, real.scenario, requests),
        )
    if search is None:
        st.html(tables.note(_EMPTY))
    elif trials is None:
        st.html(tables.note(_progress(search)))
    else:
        st.html(tables.note(_finding(trials, search.limit)))
        results = (trials, real.outcome, tried.outcome)
        figure = _figure(results, search.limit, tried.scenario.price, currency)
        live_plot.show_figure(*figure, "tune_pareto", pareto.HEIGHT)


@result_cache
def _figure(
    trials: list[Trial],
    real: Outcome,
    tried: Outcome,
    limit: float,
    price: Price | None,
    currency: str,
) -> tuple[str, str]:
    """Return the chart as JSON text, and its description."""
    chart = Pareto(priced(trials, price), real, tried, limit, currency)
    return pareto.draw(chart).to_json(), pareto.alt_text(chart)


def _refusal(arrivals: Arrivals) -> str:
    if not access.allows("present"):
        return access.reason("present")
    if not len(arrivals):
        return "No request arrived in this time."
    return f"Find takes up to {_MAX_REQUESTS:,} requests." if len(arrivals) > _MAX_REQUESTS else ""


def start(arrivals: Arrivals, tried: Scenario, real: Scenario, requests: Hashable) -> None:
    """Start to try all settings around the real ones.

    Kind and polling of the scaler, the fleet and the price are the dials'.
    """
    if _refusal(arrivals):
        return
    setups = list(candidates(real.setup, tried.setup))
    future = _executor.submit(parallel.try_all, setups, arrivals, tried.model, tried.price)
    limit = st.session_state.get(_LIMIT_KEY, _DEFAULT_LIMIT)
    st.session_state[_KEY] = Search(future, real, limit, len(setups), _subject(requests))


def _trials(search: Search | None) -> list[Trial] | None:
    """Return the trials of a search; None while it runs, and if it failed."""
    if search is None or not search.future.done():
        return None
    failed = isinstance(search.future.exception(), OSError | subprocess.SubprocessError)
    return None if failed else search.future.result()


def _progress(search: Search) -> str:
    if search.future.done():
        return "The settings could not be tried: a process of its own failed. Try again."
    return f"Trying {search.settings} settings on these requests …"


def _finding(trials: list[Trial], limit: float) -> str:
    if found := cheapest(trials, limit):
        policy = found.setup.policy
        return (
            f"The cheapest under {seconds(limit)}: {policy.jobs_per_worker:g} per worker, "
            f"{policy.minimum} to {policy.maximum} workers."
        )
    best = quickest(trials)
    if best is None:
        return "Under each of these settings, some requests never start."
    most = seconds(best.outcome.p95 or 0.0)
    return f"None of {len(trials)} settings stays under {seconds(limit)}; the best is {most}."
