"""Recordings: the recorder, the list of recordings, the session report, and the replay bar."""

from functools import partial

from dashboard.presentation.templates import render_macro

render = partial(render_macro, "components/recordings/recordings.html")
"""Render a macro of ``recordings.html``."""
