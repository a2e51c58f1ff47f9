"""Log lines as text and as JSON."""

import json
import logging
import re
import sys

import pytest

import wire.rabbitmq.connection  # noqa: F401, sets pika's level
from core.logs import JsonFormatter, TextFormatter, configure, job_context


def record(message: str = "Stored %d pictures.", *arguments: object, **more) -> logging.LogRecord:
    return logging.LogRecord("worker.batch", logging.INFO, "", 1, message, arguments, **more)


def test_lines_inside_job_context_carry_the_job_id():
    """Every line that is logged while a job is processed carries its id, in both formats."""
    with job_context("0190-job"):
        assert (
            TextFormatter()
            .format(record("It is stored.", exc_info=None))
            .endswith("INFO    worker.batch [0190-job] It is stored.")
        )
        assert json.loads(JsonFormatter().format(record("x", exc_info=None)))["job"] == "0190-job"


def test_lines_after_job_context_carry_no_job_id():
    """After a job, lines carry no id."""
    with job_context("0190-job"):
        pass
    assert "job" not in json.loads(JsonFormatter().format(record("x", exc_info=None)))
    assert "[" not in TextFormatter().format(record("x", exc_info=None))


def test_json_record_is_one_object_on_one_line():
    """A log collector gets one object per line, also for messages with line ends and quotes."""
    line = JsonFormatter().format(record('say "%s"', "a\nb", exc_info=None))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields["message"] == 'say "a\nb"'
    assert (fields["level"], fields["logger"]) == ("info", "worker.batch")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", fields["at"])
    assert list(fields) == ["at", "level", "logger", "message"]


def test_json_record_contains_the_traceback():
    """An unexpected error is one JSON object with its traceback inside."""
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        line = JsonFormatter().format(record("It broke.", exc_info=sys.exc_info()))
    assert "ZeroDivisionError" in json.loads(line)["error"]


def test_log_goes_to_standard_error(capsys: pytest.CaptureFixture):
    """Standard output is left to the program; warnings of noisy libraries are dropped."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure("json")
        logging.getLogger("worker").info("Ready.")
        logging.getLogger("urllib3").warning("noise")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [json.loads(line)["message"] for line in captured.err.splitlines()] == ["Ready."]


def test_pika_logs_nothing_below_critical():
    """The level that the connection module sets for pika survives `configure`."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure("text")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert not logging.getLogger("pika").isEnabledFor(logging.ERROR)
