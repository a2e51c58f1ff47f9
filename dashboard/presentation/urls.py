"""Paths and limits of HTTP routes that pages link to.

Pages write links without the leading slash: relative to the page, which is one level below the base
path, they need neither the base path nor a proxy that keeps it.
"""

PLOTLY_VERSION = "4.1.1"
"""The version of plotly.js that the Python package ``plotly`` creates figures for."""
PLOTLY_URL = f"/plotly-basic-{PLOTLY_VERSION}.min.js"

MAX_ZIP_PICTURES = 100
"""Pictures of one zip file: their names still fit into a URL."""
