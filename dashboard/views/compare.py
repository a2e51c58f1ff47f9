"""Compare: two pictures under a slider, and the differences of their parameters."""

import time

import streamlit as st

from dashboard import runtime
from dashboard.components.common import viewer
from dashboard.components.compare import comparison, links
from dashboard.components.page import top_bar

_REFRESH_SECONDS = 1.0


@st.fragment(run_every=_REFRESH_SECONDS)
def show_bar() -> None:
    """Show the title and the health of the sources."""
    top_bar.show("Compare", runtime.current().sampler.snapshot(), viewer.zone(), time.time())


show_bar()
left, right = (st.query_params.get(name, "") for name in (links.LEFT, links.RIGHT))
comparison.show(left, right, viewer.zone())
