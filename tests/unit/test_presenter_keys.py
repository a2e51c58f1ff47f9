"""Present's keys that send bursts."""

from types import SimpleNamespace

import pytest
import streamlit as st

from dashboard import access
from dashboard.access.rate_limit import TokenBuckets
from dashboard.components.jobs import sending
from dashboard.components.present import keys


def test_bursts_are_limited_for_all_presenters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is pressed too often sends nothing, and the announcement has the waiting time."""
    sent = []
    buckets = TokenBuckets(capacity=2, rate=1 / 5, clock=lambda: 100.0)
    monkeypatch.setattr(keys, "_bursts", buckets)
    monkeypatch.setattr(access, "allows", lambda _action: True)
    monkeypatch.setattr(sending, "is_pending", lambda _place: False)
    monkeypatch.setattr(sending, "begin", lambda _place, requests: sent.append(requests))
    monkeypatch.setattr(sending, "take", lambda _place: None)
    sessions = [_Session(), _Session()]
    for session in (*sessions, sessions[0]):
        monkeypatch.setattr(st, "session_state", session)
        keys.send("Pair", [{"prompt": "a cat"}, {"prompt": "a dog"}])
    assert len(sent) == 2
    assert sessions[1].announcement[1] == "Pair: sending 2 requests…"
    assert sessions[0].announcement[1] == "The next burst can be sent in 5 seconds."


class _Session(SimpleNamespace):
    """Stand in for Streamlit's session state."""

    def pop(self, _name: str, default: object) -> object:
        return default
