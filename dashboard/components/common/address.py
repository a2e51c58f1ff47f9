"""Values that the address bar keeps beside those of widgets: the open picture, the first tile.

A page writes them, and reads them again when the viewer goes back or forward. The browser
reports its address late, so a value written a moment ago takes precedence over it.
"""

import time

import streamlit as st

_REPORTED_AFTER_SECONDS = 2.0
"""Within this time a browser reports an address that the page wrote, on a busy machine too."""


def read(name: str) -> str:
    """Return the value in the address bar, in a run of the whole page."""
    _, written_at = _stored(name)
    if time.monotonic() - written_at >= _REPORTED_AFTER_SECONDS:
        st.session_state[_key(name)] = (st.query_params.get(name, ""), 0.0)
    return current(name)


def current(name: str) -> str:
    """Return the value that was read or written last, in a run of a fragment."""
    value, _ = _stored(name)
    return value


def write(name: str, value: str) -> None:
    """Write a value to the address bar; an empty one removes the parameter."""
    st.session_state[_key(name)] = (value, time.monotonic())
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _stored(name: str) -> tuple[str, float]:
    stored: tuple[str, float] = st.session_state.get(_key(name), ("", 0.0))
    return stored


def _key(name: str) -> str:
    return f"address_{name}"
