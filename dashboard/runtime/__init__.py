"""The dashboard's process: its long-lived objects, made once and shared by all sessions."""

from dashboard.runtime.lifecycle import current, live, show, start, stop

__all__ = ["current", "live", "show", "start", "stop"]
