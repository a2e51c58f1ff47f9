"""The gallery's filters and the address bar."""

import sys
from datetime import date
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import runtime
from dashboard.components.common import address, filter_history

FIRST = "019a6f00-0000-7000-8000-000000000001-0.png"


def _page() -> None:
    from dashboard.components.gallery import filters

    filters.show(None)


def test_day_is_emptied_once_its_page_is_left(monkeypatch: pytest.MonkeyPatch):
    """A day opens the page of its newest picture; after Back, the field names no day any more."""
    index = SimpleNamespace(first_before=lambda _query, _at: FIRST)
    context = SimpleNamespace(gallery=SimpleNamespace(index=index))
    monkeypatch.setattr(runtime, "current", lambda: context)
    monkeypatch.setattr(filter_history, "show", lambda _names: None)
    monkeypatch.setattr(address, "_REPORTED_AFTER_SECONDS", 0)
    # The simulated page takes the place of the main module, which new processes import.
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    page = AppTest.from_function(_page).run(timeout=60)
    page.date_input[0].set_value(date(2026, 11, 20)).run(timeout=60)
    assert page.query_params["from"] == FIRST
    assert page.date_input[0].value == date(2026, 11, 20)
    page.query_params.clear()
    assert page.run(timeout=60).date_input[0].value is None
    assert not page.exception
