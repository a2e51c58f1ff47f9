"""The dials, as sliders on which a ring marks the real value."""

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st

from dashboard.components.common import custom_component
from dashboard.whatif.dial import Dial, Group
from dashboard.whatif.dials import dials
from dashboard.whatif.measure import Measurements
from dashboard.whatif.scenario import Scenario

_KEY = "tune_controls"
_CHANGES, _GENERATION = "tune_changes", "tune_generation"
_GROUPS: dict[Group, str] = {"scaler": "Scaler", "price": "Price", "fleet": "As measured"}

_controls = custom_component.component("tune/controls", "<div class='dials'></div>")


def changes() -> dict[str, float]:
    """Return the numbers that this viewer changed, by the dials' names."""
    found: dict[str, float] = st.session_state.setdefault(_CHANGES, {})
    return found


def change_to(values: Mapping[str, float]) -> None:
    """Move the dials; the others go back to their real values."""
    st.session_state[_CHANGES] = dict(values)
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def show(real: Scenario, measured: Measurements, title: str, currency: str) -> None:
    """Show the dials in their groups; those of the fleet are folded away."""
    groups = [
        {
            "title": name,
            "beside": title if group == "scaler" else "in this run" if group == "fleet" else "",
            "folded": group == "fleet",
            "dials": [
                _fields(dial, real, measured, currency)
                for dial in dials(real)
                if dial.group == group
            ],
        }
        for group, name in _GROUPS.items()
    ]
    _controls(
        data={
            "groups": groups,
            "changes": changes(),
            "generation": st.session_state.get(_GENERATION, 0),
        },
        key=_KEY,
        on_moved_change=_move,
    )


def _fields(dial: Dial, real: Scenario, measured: Measurements, currency: str) -> dict[str, Any]:
    return {
        "name": dial.name,
        "label": f"{currency} per {_unit(real)}-hour" if dial.name == "price" else dial.label,
        "low": dial.low,
        "high": dial.high,
        "step": dial.step,
        "unit": dial.unit,
        "real": dial.read(real),
        "word": "assumed" if _is_assumed(dial, measured) else "real",
    }


def _is_assumed(dial: Dial, measured: Measurements) -> bool:
    """Return whether a dial of the fleet shows an assumption, since nothing was observed."""
    quantity = getattr(measured, dial.name, None)
    return dial.group == "fleet" and (quantity is None or quantity.is_assumed)


def _unit(real: Scenario) -> str:
    return "GPU" if real.model.nodes else "worker"


def _move() -> None:
    """Take the values of the sliders, as a callback; what is no number is left out."""
    moved = st.session_state[_KEY].moved
    if isinstance(moved, dict):
        st.session_state[_CHANGES] = dict(_numbers(moved))


def _numbers(moved: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in moved.items():
        if isinstance(value, int | float):
            yield str(name), float(value)
