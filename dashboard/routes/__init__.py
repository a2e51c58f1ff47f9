"""HTTP beside the page: for programs, for pictures, for Prometheus."""
