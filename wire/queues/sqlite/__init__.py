"""The queue of the local mode."""

from wire.queues.sqlite.queue import SqliteQueue

__all__ = ["SqliteQueue"]
