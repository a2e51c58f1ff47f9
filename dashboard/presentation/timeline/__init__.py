"""The chart: requests, workers, GPU nodes and pictures on one time axis."""

# Plotly uses pandas if it is among the loaded modules, and fails while another thread is still
# importing it. Importing it here completes that before any figure is drawn.
import pandas  # noqa: F401
