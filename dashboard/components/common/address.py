"""What the page keeps in the address bar beside its widgets: which picture, which page.

A page writes there, and follows it when somebody goes back or forward. The browser's bar
lags behind what the page wrote, so for a moment after it wrote the page's own word counts.
"""

import time

import streamlit as st

_LAG = 2.0
"""Seconds within which a browser shows what the page wrote, also on a busy machine."""


def read(name: str) -> str:
    """Return what the address bar holds, in a run of the whole page."""
    written, at = st.session_state.get(_key(name), ("", 0.0))
    if time.monotonic() - at < _LAG:
        return written
    st.session_state[_key(name)] = (st.query_params.get(name, ""), 0.0)
    return current(name)


def current(name: str) -> str:
    """Return what was read or written last, in a run of a part of the page."""
    return st.session_state.get(_key(name), ("", 0.0))[0]


def write(name: str, value: str) -> None:
    """Put a value into the address bar; an empty one takes it out."""
    st.session_state[_key(name)] = (value, time.monotonic())
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _key(name: str) -> str:
    return f"address_{name}"
