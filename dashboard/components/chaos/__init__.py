"""Faults that a presenter injects: their buttons, and the line that counts what became of jobs."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/chaos/chaos.html")
"""Render a macro of ``chaos.html``."""
