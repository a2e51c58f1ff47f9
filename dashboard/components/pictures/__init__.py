"""Pictures as tiles, and the dialog with a picture's details."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/pictures/pictures.html")
"""Render a macro of ``pictures.html``."""
