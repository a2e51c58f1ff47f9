"""Log lines for people and for machines."""

import json
import logging
import sys

import pytest

import wire.rabbitmq.connection  # noqa: F401, sets pika's level
from core.logs import JsonFormatter, TextFormatter, about_job, configure


def record(message: str = "Stored %d pictures.", *arguments: object, **more) -> logging.LogRecord:
    return logging.LogRecord("worker.batch", logging.INFO, "", 1, message, arguments, **more)


def test_a_line_names_its_job():
    """Whatever is logged while a job is worked on carries its id, in both formats."""
    with about_job("0190-job"):
        assert (
            TextFormatter()
            .format(record("It is stored.", exc_info=None))
            .endswith("INFO    worker.batch [0190-job] It is stored.")
        )
        assert json.loads(JsonFormatter().format(record("x", exc_info=None)))["job"] == "0190-job"


def test_a_line_about_no_job_names_none():
    """After a job, lines are about nobody's job again."""
    with about_job("0190-job"):
        pass
    assert "job" not in json.loads(JsonFormatter().format(record("x", exc_info=None)))
    assert "[" not in TextFormatter().format(record("x", exc_info=None))


def test_json_is_one_object_in_one_line():
    """A log collector gets one object per line, also for text with line ends and quotes."""
    line = JsonFormatter().format(record('say "%s"', "a\nb", exc_info=None))
    assert "\n" not in line
    fields = json.loads(line)
    assert fields["message"] == 'say "a\nb"'
    assert (fields["level"], fields["logger"]) == ("info", "worker.batch")
    assert fields["at"].endswith("+00:00")


def test_a_traceback_stays_with_its_line():
    """An unexpected error is one JSON object with its traceback inside."""
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        line = JsonFormatter().format(record("It broke.", exc_info=sys.exc_info()))
    assert "ZeroDivisionError" in json.loads(line)["error"]


def test_the_log_goes_to_standard_error(capsys: pytest.CaptureFixture):
    """Standard output stays free for what a program prints; libraries' chatter is left out."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure("json")
        logging.getLogger("worker").info("Ready.")
        logging.getLogger("urllib3").warning("chatter")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert [json.loads(line)["message"] for line in captured.err.splitlines()] == ["Ready."]


def test_a_lost_broker_is_not_told_in_the_words_of_its_library():
    """The level that the connection gives to pika holds, whatever a process configures."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        configure("text")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert not logging.getLogger("pika").isEnabledFor(logging.ERROR)
