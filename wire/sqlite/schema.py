"""The tables of the file, and how files of other versions become it.

The version is SQLite's ``user_version``. A change of the tables increments VERSION and adds to
``_migrate``; files of version 0 are those from before there were versions.
"""

import sqlite3
import time

from core.errors import SettingsError

VERSION = 2

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    lease INTEGER,
    leased_until REAL NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    submitter TEXT,
    turn INTEGER NOT NULL DEFAULT 0,
    in_front INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS jobs_in_order ON jobs (in_front DESC, turn, position);
CREATE INDEX IF NOT EXISTS turns ON jobs (turn) WHERE not_before = 0;
CREATE INDEX IF NOT EXISTS turns_of_submitters ON jobs (submitter, turn);

-- One row while the queue is paused.
CREATE TABLE IF NOT EXISTS pauses (
    number INTEGER PRIMARY KEY CHECK (number = 1)
);

CREATE TABLE IF NOT EXISTS dead_letters (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL,
    reason TEXT NOT NULL,
    died_at REAL NOT NULL
);

CREATE TABLE IF NOT EXISTS releases (
    position INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
);

CREATE TRIGGER IF NOT EXISTS forget_releases AFTER DELETE ON jobs BEGIN
    DELETE FROM releases WHERE position = old.position;
END;

CREATE TRIGGER IF NOT EXISTS move_releases AFTER UPDATE OF position ON jobs BEGIN
    UPDATE releases SET position = new.position WHERE position = old.position;
END;

CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS previews (
    job_id TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    preview BLOB NOT NULL
)
"""

_COLUMNS_ADDED = {
    "jobs": {
        "attempts": "INTEGER NOT NULL DEFAULT 0",
        "lease": "INTEGER",
        "leased_until": "REAL NOT NULL DEFAULT 0",
        "not_before": "REAL NOT NULL DEFAULT 0",
        "submitter": "TEXT",
        "turn": "INTEGER NOT NULL DEFAULT 0",
        "in_front": "INTEGER NOT NULL DEFAULT 0",
    },
    "dead_letters": {
        "reason": "TEXT NOT NULL DEFAULT 'The reason was not recorded.'",
        "died_at": "REAL NOT NULL DEFAULT 0",
    },
}
"""Columns that files of earlier versions may lack."""

_VERSION_0_LEASE_SECONDS = 15.0

_OWN_COLUMNS = {"jobs": {"position", "body"}, "dead_letters": {"number", "body"}}
"""Without these a table is another program's."""


def prepare(connection: sqlite3.Connection, path: object) -> None:
    """Create or migrate the tables, in one transaction.

    Raises SettingsError, and changes nothing, if the file is of a newer version or another program.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        _migrate(connection, path)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _migrate(connection: sqlite3.Connection, path: object) -> None:
    [(version,)] = connection.execute("PRAGMA user_version")
    if version == VERSION and _columns(connection, "jobs"):
        return
    if version > VERSION:
        raise SettingsError(
            f"The queue in {path} was written by a newer version of this project (its tables have "
            f"version {version}, this one supports {VERSION}). Nothing was changed. Install the "
            "newer version, or set DATA_DIR to another folder."
        )
    for table in _OWN_COLUMNS:
        _add_columns(connection, table, path)
    if version == 0:
        _require_unused(connection, path)
    for statement in _statements(_TABLES):
        connection.execute(statement)
    if version == 0:  # its leases ended by the date
        connection.execute("UPDATE jobs SET lease = NULL, leased_until = 0")
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _require_unused(connection: sqlite3.Connection, path: object) -> None:
    """Raise SettingsError while a worker of version 0 has a job; its leases end by the date.

    A lease that ends later than a new one would is of a time before the clock was set back.
    """
    if not _columns(connection, "jobs"):
        return
    now = time.time()
    leased = "SELECT count(*) FROM jobs WHERE leased_until > ? AND leased_until <= ?"
    [(jobs,)] = connection.execute(leased, (now, now + _VERSION_0_LEASE_SECONDS))
    if jobs:
        raise SettingsError(
            f"An older version of this project is working on the queue in {path}. Nothing was "
            f"changed. Stop all its processes, wait {_VERSION_0_LEASE_SECONDS:g} s and start again."
        )


def _add_columns(connection: sqlite3.Connection, table: str, path: object) -> None:
    columns = _columns(connection, table)
    if not columns:
        return
    if not columns >= _OWN_COLUMNS[table]:
        raise SettingsError(
            f"The file {path} is another program's: its table {table} has other columns. Nothing "
            "was changed. Set DATA_DIR to another folder."
        )
    for name, kind in _COLUMNS_ADDED[table].items():
        if name not in columns:
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}")


def _columns(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def _statements(script: str) -> list[str]:
    """Split a script as sqlite3's shell does; a trigger contains semicolons of its own."""
    statements, current = [], ""
    for line in script.splitlines(keepends=True):
        current += line
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return [*statements, current] if current.strip() else statements
