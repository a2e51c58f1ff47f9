"""Long-lived objects of the dashboard process, shared by all sessions."""

from dashboard.runtime.lifecycle import current, live, show, start, stop

__all__ = ["current", "live", "show", "start", "stop"]
