"""Values for the prompt form, from any page: a picture's parameters, or a picture to begin with."""

from typing import Any

import streamlit as st

from dashboard.components.common import navigation

_KEY = "form_values"


def put(values: dict[str, Any]) -> None:
    """Fill the form at its next run; ``None`` clears a parameter, absent ones stay."""
    st.session_state[_KEY] = values


def open_form(values: dict[str, Any]) -> None:
    """Open the Studio and fill its form, as ``put`` does."""
    put(values)
    navigation.begin(".")


def take() -> dict[str, Any]:
    """Return the values that the form is to be filled with, once."""
    values: dict[str, Any] = st.session_state.pop(_KEY, {})
    return values
