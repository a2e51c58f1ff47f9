"""The dashboard's process: how it refuses to start, and how it stops."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import HANG_TIMEOUT, free_port
from tests.support.dashboard_server import COMMAND, Dashboard

_ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("variable", "value", "named"),
    [("RABBITMQ_URL", "http://host", "RABBITMQ_URL"), ("DATA_DIR", "/dev/null/data", "/dev/null")],
)
def test_what_cannot_start_says_why_in_one_sentence(variable: str, value: str, named: str):
    """A wrong setting ends the process with a sentence and a status, not with a stack trace."""
    ended = subprocess.run(
        [*COMMAND, "--server.port", str(free_port())],
        cwd=_ROOT,
        env=os.environ | {variable: value},
        capture_output=True,
        text=True,
        timeout=HANG_TIMEOUT,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    [sentence] = ended.stderr.strip().splitlines()
    assert named in sentence


def test_process_stops_soon_although_a_page_is_open(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """A browser that stays open does not keep the dashboard from stopping."""
    StudioPage(open_page(dashboard.url))
    began = time.monotonic()
    dashboard.process.terminate()
    dashboard.process.wait(HANG_TIMEOUT)
    assert time.monotonic() - began < 30  # the grace period of a pod
    assert "Traceback" not in dashboard.log.read_text()
