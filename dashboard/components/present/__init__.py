"""Present: the stage for a projector, the presenter's keys, and the approval of pictures."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/present/present.html")
"""Render a macro of ``present.html``."""
