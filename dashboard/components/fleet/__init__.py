"""The cards of the Fleet page."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/fleet/fleet.html")
"""Render a macro of ``fleet.html``."""
