"""The chart: requests, workers, GPU nodes and pictures on one time axis."""

# plotly looks pandas up among the loaded modules and uses it. Half loaded, because another
# thread imports it at that moment, it is an error: so it is loaded whole before any drawing.
import pandas  # noqa: F401
