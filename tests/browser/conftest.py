"""A dashboard that tests may share as long as they break nothing."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard, running_dashboard


@pytest.fixture(scope="module")
def shared_dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start a dashboard without workers, which all tests of a module use."""
    with running_dashboard(tmp_path_factory.mktemp("shared"), FLEET="none") as dashboard:
        yield dashboard


@pytest.fixture(scope="module")
def worker(shared_dashboard: Dashboard) -> Iterator[ScriptedWorker]:
    """Be the shared dashboard's only worker."""
    worker = ScriptedWorker(shared_dashboard.data_dir)
    yield worker
    worker.close()


@pytest.fixture
def studio(open_page: Callable[..., Page], shared_dashboard: Dashboard) -> StudioPage:
    """Open the Studio of the shared dashboard, and wait until it is drawn."""
    return StudioPage(open_page(shared_dashboard.url))
