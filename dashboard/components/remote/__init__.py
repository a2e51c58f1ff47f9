"""The presenter's remote: the scene with its notes, and what is sent and decided from a phone."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/remote/remote.html")
"""Render a macro of ``remote.html``."""
