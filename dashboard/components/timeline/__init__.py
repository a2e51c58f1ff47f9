"""The chart: requests, workers, GPU nodes and pictures on one time axis."""
