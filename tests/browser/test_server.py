"""Tests of the dashboard's process: settings that prevent its start, and its shutdown."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import HANG_TIMEOUT, free_port
from tests.support.dashboard_server import COMMAND, Dashboard

_ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [("RABBITMQ_URL", "http://host", "RABBITMQ_URL"), ("DATA_DIR", "/dev/null/data", "/dev/null")],
)
def test_wrong_setting_is_reported_in_one_sentence(variable: str, value: str, named: str):
    """A wrong setting ends the process with a sentence and exit code 1, without a traceback."""
    result = subprocess.run(
        COMMAND,
        cwd=_ROOT,
        env=os.environ | {"PORT": str(free_port()), variable: value},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
        check=False,
    )
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    [sentence] = result.stderr.strip().splitlines()
    assert named in sentence


def test_process_stops_while_a_page_is_open(dashboard: Dashboard, open_page: Callable[..., Page]):
    """An open browser does not delay the dashboard's shutdown, and states the lost connection."""
    page = StudioPage(open_page(dashboard.url)).page
    expect(page.locator(".pill[data-source=queue]")).to_contain_text("queue")
    began = time.monotonic()
    dashboard.process.terminate()
    dashboard.process.wait(HANG_TIMEOUT)
    assert time.monotonic() - began < 30  # the grace period of a pod
    assert "Traceback" not in dashboard.log.read_text()
    expect(page.locator(".connection")).to_contain_text("Connection lost at")
    expect(page.locator(".pill[data-source=queue]")).to_contain_text("no reading since")
    expect(page.get_by_role("dialog")).to_have_count(0)
