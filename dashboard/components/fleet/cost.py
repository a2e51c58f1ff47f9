"""The time that GPUs or workers ran, compared with always-on workers, and what it cost."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from threading import Lock

import streamlit as st
from markupsafe import Markup

from dashboard import runtime
from dashboard.components.common import tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.common.tables import Column, Row
from dashboard.components.fleet import render
from dashboard.domain.snapshot import Snapshot
from dashboard.domain.time_units import DAY, HOUR
from dashboard.insights.cost import Unit, Usage, usage
from dashboard.presentation import formatting

_TITLES: dict[Unit, str] = {"GPU": "GPU time", "worker": "Worker time"}
_NO_DATA = "No data yet: this needs readings of a fleet."
_GAPS = "Time without readings counts as neither used nor always on."
_SAMPLES_PER_SECOND_OF_AGE = 4000


@dataclass(frozen=True)
class Price:
    """The price of one hour."""

    amount: float
    currency: str


@snapshot_cache
def _recent_usage(snapshot: Snapshot, span: float) -> Usage:
    return usage(snapshot.samples, snapshot.at - span)


class _TotalUsage:
    """The usage over all samples, recomputed less often the more samples there are.

    Summing a whole day takes 0.1 s, so that is done every 10 s, and each second at first.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._latest: tuple[float, Usage] | None = None

    def at(self, snapshot: Snapshot) -> Usage:
        """Return the total at a snapshot, at most some seconds old."""
        with self._lock:
            if self._latest is None or not self._is_fresh(snapshot, *self._latest):
                self._latest = (snapshot.at, usage(snapshot.samples))
            return self._latest[1]

    def _is_fresh(self, snapshot: Snapshot, at: float, total: Usage) -> bool:
        same_start = bool(snapshot.samples) and snapshot.samples[0].at == total.start
        max_age = len(snapshot.samples) / _SAMPLES_PER_SECOND_OF_AGE
        return same_start and 0 <= snapshot.at - at < max_age


_total = _TotalUsage()


def total_usage(snapshot: Snapshot) -> Usage:
    """Return the usage since the start, at most some seconds old."""
    return _total.at(snapshot)


def show(snapshot: Snapshot, span: float, zone: tzinfo | None) -> None:
    """Show the usage in the last ``span`` seconds and since the start, at the viewer's price."""
    recent, total = _recent_usage(snapshot, span), total_usage(snapshot)
    st.html(tables.title(_TITLES[total.unit], "compared with always-on workers"))
    above_price = st.container()
    above_price.html(table(recent, total, span, _price(total.unit), zone))


def _price(unit: Unit) -> Price | None:
    settings = runtime.current().settings
    price = st.number_input(
        f"{settings.currency} per {unit}-hour",
        min_value=0.0,
        value=settings.gpu_hour_price,
        step=0.01,
        placeholder="not set",
        key="price",
        bind="query-params",
        persist_state="session",
    )
    return None if price is None else Price(price, settings.currency)


def table(
    recent: Usage, total: Usage, span: float, price: Price | None, zone: tzinfo | None
) -> Markup:
    """Render the recent and the total usage side by side."""
    if total.used is None:
        return tables.note(_NO_DATA)
    columns = (
        Column(""),
        Column(f"last {formatting.duration(min(span, recent.known + recent.unknown))}", "right"),
        Column(_since(total, zone), "right"),
    )
    gaps = tables.note(_GAPS) if recent.unknown or total.unknown else Markup()
    return tables.table(columns, rows(recent, total, price)) + gaps


def _since(total: Usage, zone: tzinfo | None) -> str:
    if total.known + total.unknown > DAY - HOUR:
        return "last day"  # older samples are dropped
    return f"since {formatting.clock(total.start, zone)}"


def rows(recent: Usage, total: Usage, price: Price | None) -> Iterator[Row]:
    """List what was used, what always-on workers would have used, and the difference."""
    periods = (recent, total)
    yield Row("used", ("Used", *(_hours(period.used, price) for period in periods)))
    yield Row("always", ("Always on", *(_hours(period.always_on, price) for period in periods)))
    yield Row("saved", ("Saved", *(_share(period.saved) for period in periods)))
    if total.unknown:
        gaps = (formatting.duration(period.unknown) for period in periods)
        yield Row("unknown", ("Unknown", *gaps))


def _hours(number: float | None, price: Price | None) -> str:
    if number is None:
        return tables.unknown()
    # Less than an hour is shown in minutes and seconds.
    hours = formatting.duration(number * HOUR) if number < 1 else f"{number:,.1f} h"
    if price is None:
        return hours
    return render("priced", hours, formatting.money(number * price.amount, price.currency))


def _share(share: float | None) -> Markup:
    return tables.unknown() if share is None else render("share", f"{share:.0%}")
