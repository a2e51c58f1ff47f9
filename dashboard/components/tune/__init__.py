"""The cards of the Tune page."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/tune/tune.html")
"""Render a macro of ``tune.html``."""
