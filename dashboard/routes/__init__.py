"""HTTP routes: pictures, the API for programs, the page for phones, metrics and health."""
