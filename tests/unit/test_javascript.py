"""The browser's side: its own unit tests, its modules, and the chart library."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard.domain.snapshot import Sample, Snapshot
from dashboard.presentation import scripts
from dashboard.presentation.timeline.figure import draw
from dashboard.presentation.urls import PLOTLY_VERSION
from dashboard.routes.scripts import ROUTES
from tests.support.conditions import need_program

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / "tools" / "javascript"
COMPONENTS = ROOT / "dashboard" / "components"
BASIC_BUNDLE_TRACES = {"scatter", "bar", "pie"}


def _npm_package(name: str) -> Path:
    """Return an installed npm package; skip without it, or fail where all servers are required."""
    folder = TOOLS / "node_modules" / name
    if folder.exists():
        return folder
    sentence = f"the npm package {name} is not installed: npm ci --prefix tools/javascript"
    if os.environ.get("REQUIRE_SERVERS") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


def test_javascript_unit_tests_pass() -> None:
    """DOM patcher, tiles and replay bar do what ``tests/javascript`` states."""
    node = need_program("node", "Node.js 20.19 or newer")
    _npm_package("happy-dom")
    tests = sorted(str(path) for path in (ROOT / "tests" / "javascript").glob("*.test.js"))
    assert tests
    command = [node, "--import", str(TOOLS / "browser.js"), "--test", *tests]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_every_relative_import_is_served() -> None:
    """A script's imports lead to scripts that browsers can request, as do the components' own."""
    for name, source in scripts.sources().items():
        for imported in re.findall(r'\bfrom "(.*)";', source.decode()):
            target = (COMPONENTS / name).parent / imported
            assert target.resolve().relative_to(COMPONENTS).as_posix() in scripts.sources()


def test_browsers_keep_the_scripts_of_a_version() -> None:
    """A script is kept forever at the address of its version; another version is not found."""
    client = TestClient(Starlette(routes=ROUTES))
    found = client.get(scripts.path("timeline/live_plot.js"))
    assert found.content == (COMPONENTS / "timeline" / "live_plot.js").read_bytes()
    assert "immutable" in found.headers["cache-control"]
    for wrong in ("/scripts/0/timeline/live_plot.js", scripts.path("studio/draft.js") + "x"):
        assert client.get(wrong).status_code == 404


def test_chart_library_fits_the_python_package() -> None:
    """The browser draws with the version of plotly.js that plotly.py makes figures for."""
    assert get_plotlyjs_version() == PLOTLY_VERSION
    head = (ROOT / "dashboard" / "static" / "plotly-basic.min.js").read_bytes()[:200].decode()
    assert f"plotly.js (basic - minified) v{PLOTLY_VERSION}\n" in head


def test_chart_library_is_the_published_file() -> None:
    """The chart library in the repository is npm's, byte for byte."""
    published = _npm_package("plotly.js-basic-dist-min") / "plotly-basic.min.js"
    stored = ROOT / "dashboard" / "static" / "plotly-basic.min.js"
    assert stored.read_bytes() == published.read_bytes()


def test_chart_uses_traces_of_the_basic_bundle() -> None:
    """The basic bundle of plotly.js knows every trace of the timeline."""
    now = 1_800_000_000.0
    samples = tuple(Sample(now - 9 + index, 1, 1, 2, 1, 1, 1) for index in range(9))
    lanes = ("requests", "workers", "nodes", "pictures")
    drawn = draw(Snapshot(now, "cluster", lanes, samples=samples, pictures_stored=3), 120)
    assert {trace.type for trace in drawn.data} == {"scatter", "bar"} <= BASIC_BUNDLE_TRACES
