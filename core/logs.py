"""Configure logging as text or JSON lines; both carry the id of the job being processed."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

from pythonjsonlogger import json as jsonlogger

_job_id: ContextVar[str | None] = ContextVar("job_id", default=None)

# pika's level is set in wire/rabbitmq/connection.py.
_NOISY_LOGGERS = ("urllib3", "watchdog", "httpx", "diffusers", "transformers")


def configure(log_format: Literal["text", "json"]) -> None:
    """Send this process's log to standard error. Called once, at the start of a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def job_context(job_id: str) -> Iterator[None]:
    """Add a job's id to every line that is logged inside."""
    token = _job_id.set(job_id)
    try:
        yield
    finally:
        _job_id.reset(token)


class TextFormatter(logging.Formatter):
    """Format a record as ``15:04:05 INFO    worker.stages.intake [<job id>] message``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s%(job)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Format a record; a traceback follows on the lines below."""
        job_id = _job_id.get()
        record.job = f" [{job_id}]" if job_id else ""
        return super().format(record)


class JsonFormatter(jsonlogger.JsonFormatter):
    """Format a record as one line of JSON: at, level, logger, message, and job and error if any."""

    def __init__(self) -> None:
        names = {"asctime": "at", "levelname": "level", "name": "logger", "exc_info": "error"}
        super().__init__(["asctime", "levelname", "name", "message"], rename_fields=names)

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002
        """Return the record's time in UTC, with milliseconds."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Write the level in lower case, and add the current job."""
        log_data["level"] = log_data["level"].lower()
        if job_id := _job_id.get():
            log_data["job"] = job_id
        return log_data
