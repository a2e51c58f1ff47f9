"""A dashboard without pages and workers in the process of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.settings import Settings
from dashboard import runtime
from dashboard.runtime.context import AppContext
from wire.messages.event import Event


@contextmanager
def running_context(folder: Path, **settings: object) -> Iterator[AppContext]:
    """Run a dashboard on a folder."""
    try:
        context = runtime.start(Settings(_env_file=None, data_dir=folder, fleet="none", **settings))
        context.approvals.read()
        yield context
    finally:
        runtime.stop()


def reset(context: AppContext) -> None:
    """Empty the queue, and turn approval off."""
    context.approvals.require(False)
    for job in context.queue.remove_waiting():
        context.publish(Event(kind="cancelled", job_id=job.id, removed=True))
