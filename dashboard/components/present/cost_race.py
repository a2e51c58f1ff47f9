"""What this fleet has cost, and what always-on workers would have cost, as two bars."""

from dataclasses import dataclass
from datetime import tzinfo

import streamlit as st

from dashboard import runtime
from dashboard.components.fleet import cost
from dashboard.components.present import render
from dashboard.domain.snapshot import Snapshot
from dashboard.insights.cost import Usage
from dashboard.presentation import formatting


@dataclass(frozen=True)
class Runner:
    """One bar of the race."""

    name: str
    amount: str
    share: float
    """Of the longer bar, from 0 to 1."""


def show(snapshot: Snapshot, zone: tzinfo | None) -> bool:
    """Show the race since the start; return False without a price or a reading."""
    settings, total = runtime.current().settings, cost.total_usage(snapshot)
    price = settings.gpu_hour_price
    if price is None or not (bars := runners(total, price, settings.currency)):
        return False
    rate = f"{formatting.money(price, settings.currency)} per {total.unit}-hour"
    length = formatting.duration(total.known + total.unknown)
    title = f"Cost since {formatting.clock(total.start, zone)[:5]}"
    st.html(render("cost_race", title, f"{length}, {rate}", bars))
    return True


def runners(total: Usage, price: float, currency: str) -> list[Runner]:
    """Return the bars on one scale; those whose hours are unknown are left out."""
    hours = {"this fleet": total.used, "always on": total.always_on}
    known = {name: number * price for name, number in hours.items() if number is not None}
    if "this fleet" not in known:
        return []
    longest = max(known.values()) or 1.0
    return [
        Runner(name, formatting.money(amount, currency), amount / longest)
        for name, amount in known.items()
    ]
