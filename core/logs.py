"""Log lines for people or for machines; both carry the job that they are about."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal

_job_id: ContextVar[str | None] = ContextVar("job_id", default=None)

# pika's level is wire/rabbitmq/connection.py's, which says everything in its own words.
_CHATTY = ("urllib3", "watchdog", "httpx", "diffusers", "transformers")


def configure(log_format: Literal["text", "json"]) -> None:
    """Send this process's log to standard error; done once, by whoever starts it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def about_job(job_id: str) -> Iterator[None]:
    """Let every line that is logged inside carry this job's id."""
    token = _job_id.set(job_id)
    try:
        yield
    finally:
        _job_id.reset(token)


class TextFormatter(logging.Formatter):
    """One line as ``15:04:05 INFO    worker.loop [<job id>] a sentence``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s%(about)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback below it where there is one."""
        job_id = _job_id.get()
        record.about = f" [{job_id}]" if job_id else ""
        return super().format(record)


class JsonFormatter(logging.Formatter):
    """One JSON object in a line: at, level, logger, message, and job and error if any."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is the text of ``error``."""
        fields = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "job": _job_id.get(),
            "error": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return json.dumps({key: value for key, value in fields.items() if value is not None})
