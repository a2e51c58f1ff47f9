"""What the fleet used, and what one that never sleeps would have used."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from html import escape
from threading import Lock

import streamlit as st

from dashboard import runtime
from dashboard.components.common import tables
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.components.common.tables import Column, Row
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.cost import HOUR, Unit, Usage, usage
from dashboard.presentation import formatting
from dashboard.sampling.history import DAY

_TITLES: dict[Unit, str] = {"GPU": "GPU time", "worker": "Worker time"}
_EMPTY = "Nothing is known yet: this needs a fleet that answers."
_SAMPLES_A_SECOND = 4000
_GAPS = "Time of which nothing is known is in neither."


@dataclass(frozen=True)
class Price:
    """What an hour costs."""

    amount: float
    currency: str


@snapshot_cache
def _used(snapshot: Snapshot, span: float) -> Usage:
    return usage(snapshot.samples, snapshot.at - span)


class _SinceStart:
    """The sum of all samples, made less often the more of them there are.

    A whole day takes 0.1 s, so it is summed every 10 s, and the first minutes at each tick.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._newest: tuple[float, Usage] | None = None

    def of(self, snapshot: Snapshot) -> Usage:
        """Return the sum, at most some seconds old."""
        with self._lock:
            if self._newest is None or not self._is_fresh(snapshot, *self._newest):
                self._newest = (snapshot.at, usage(snapshot.samples))
            return self._newest[1]

    def _is_fresh(self, snapshot: Snapshot, at: float, summed: Usage) -> bool:
        same = snapshot.samples[0].at == summed.start if snapshot.samples else False
        age = snapshot.at - at
        return same and 0 <= age < len(snapshot.samples) / _SAMPLES_A_SECOND


_since_start = _SinceStart()


def show(snapshot: Snapshot, span: float, zone: tzinfo | None) -> None:
    """Show the last ``span`` seconds, and all since the start, at the viewer's price."""
    lately, whole = _used(snapshot, span), _since_start.of(snapshot)
    st.html(tables.title(_TITLES[whole.unit], "against a fleet that never sleeps"))
    above = st.container()
    above.html(text(lately, whole, span, _price(whole.unit), zone))


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


def text(lately: Usage, whole: Usage, span: float, price: Price | None, zone: tzinfo | None) -> str:
    """Write both stretches of time side by side."""
    if whole.used is None:
        return tables.note(_EMPTY)
    columns = (
        Column(""),
        Column(f"last {formatting.duration(min(span, lately.known + lately.unknown))}", "right"),
        Column(_since(whole, zone), "right"),
    )
    gaps = tables.note(_GAPS) if lately.unknown or whole.unknown else ""
    return tables.table(columns, rows(lately, whole, price)) + gaps


def _since(whole: Usage, zone: tzinfo | None) -> str:
    if whole.known + whole.unknown > DAY - HOUR:
        return "last day"  # no more is kept
    return f"since {formatting.clock(whole.start, zone)}"


def rows(lately: Usage, whole: Usage, price: Price | None) -> Iterator[Row]:
    """Compare what was used with what would have been."""
    both = (lately, whole)
    yield Row("used", ("Used", *(_time(each.used, price) for each in both)))
    yield Row("always", ("Always on", *(_time(each.always_on, price) for each in both)))
    yield Row("saved", ("Saved", *(share(each.saved) for each in both)))
    if whole.unknown:
        yield Row("unknown", ("Unknown", *(formatting.duration(each.unknown) for each in both)))


def _time(number: float | None, price: Price | None) -> str:
    if number is None:
        return tables.unknown()
    if price is None:
        return hours(number)
    cost = formatting.money(number * price.amount, price.currency)
    return f"{hours(number)} <span class='price'>{escape(cost)}</span>"


def hours(number: float) -> str:
    """Say hours, the short ones in minutes and seconds."""
    return formatting.duration(number * HOUR) if number < 1 else f"{number:,.1f} h"


def share(saved: float | None) -> str:
    """Say a share in percent."""
    return tables.unknown() if saved is None else f"<b>{saved:.0%}</b>"
