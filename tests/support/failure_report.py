"""What the browser pages and the dashboards of a failed test show, in its report."""

from collections.abc import Generator, Iterator

import pytest
from playwright.sync_api import Error, Page

from tests.support.dashboard_server import Dashboard

_MAX_CHARACTERS = 4000


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the text of each page and the end of each dashboard's log to a failure."""
    report = yield
    if report.failed and report.when == "call":
        report.sections.extend(_sections(getattr(item, "funcargs", {})))
    return report


def _sections(fixtures: dict[str, object]) -> Iterator[tuple[str, str]]:
    for page in fixtures.get("open_pages", []):
        yield f"page {page.url}", _text(page)[:_MAX_CHARACTERS]
    for name, value in fixtures.items():
        if isinstance(value, Dashboard):
            yield f"log of {name}", value.log.read_text()[-_MAX_CHARACTERS:]


def _text(page: Page) -> str:
    try:
        return page.inner_text("body", timeout=5000)
    except Error as error:
        return str(error)
