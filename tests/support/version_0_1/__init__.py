"""What version 0.1 wrote, and the JSON schemas by which it read. Never changed.

A test that fails with these files means that versions cannot run side by side during an upgrade.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any

import jsonschema

FOLDER = Path(__file__).parent
JOBS = tuple((FOLDER / "jobs.jsonl").read_bytes().splitlines())
"""A request with nothing but a prompt, and one with every field."""
EVENTS = tuple((FOLDER / "events.jsonl").read_bytes().splitlines())
"""Of a worker from its start to its end; one of each kind."""
METADATA = (FOLDER / "metadata.json").read_bytes()
CAPABILITIES = (FOLDER / "capabilities.json").read_bytes()
RECORDING = FOLDER / "recording.jsonl"
TOPOLOGY: dict[str, Any] = json.loads((FOLDER / "topology.json").read_text())
"""The exchanges and queues that it declared on RabbitMQ."""

_VALIDATORS = {
    name: jsonschema.Draft202012Validator(schema)
    for name, schema in json.loads((FOLDER / "schemas.json").read_text()).items()
}


def write_queue(data_dir: Path) -> None:
    """Write its SQLite file, with both jobs and a dead letter; the first job was handed back."""
    with sqlite3.connect(data_dir / "queue.sqlite3") as connection:
        connection.executescript((FOLDER / "queue.sql").read_text())


def require_readable(model: str, body: bytes) -> None:
    """Raise jsonschema.ValidationError unless version 0.1 reads a message."""
    _VALIDATORS[model].validate(json.loads(body))
