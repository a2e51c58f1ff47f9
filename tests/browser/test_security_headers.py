"""The content security policy in a real browser: pages work, and violate nothing."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import HANG_TIMEOUT
from tests.support.dashboard_server import Dashboard

_DRAWN = {
    "": ".js-plotly-plot",
    "gallery": ".tile img, .tiles img",
    "jobs": "table.jobs",
    "fleet": ".js-plotly-plot",
    "present": ".js-plotly-plot",
    "recordings": "h1, .section-title",
    "join": "form",
}
_REPORT = """
addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


def test_pages_violate_no_policy(
    shared_dashboard: Dashboard, worker: ScriptedWorker, open_page: Callable[..., Page]
):
    """Every page draws its components, and the browser logs no violation of the policy."""
    job_id = shared_dashboard.submit("a cat under a policy", 2)
    worker.generate()
    dialogs = {
        f"gallery?picture={job_id}-0.png": "[role=dialog]",
        f"jobs?job={job_id}": "[role=dialog]",
    }
    page = open_page("about:blank", reused=False)
    violations: list[str] = []
    page.add_init_script(_REPORT)
    page.on("console", lambda message: violations.append(message.text))
    for path, drawn in (_DRAWN | dialogs).items():
        answer = page.goto(f"{shared_dashboard.url}/{path}")
        assert "content-security-policy" in answer.headers
        expect(page.locator(drawn).first).to_be_visible()
    csp = [text for text in violations if "CSP" in text or "Content Security Policy" in text]
    assert sorted(set(csp)) == []


@pytest.mark.parametrize(
    "path",
    ["/", "/gallery", "/healthz", "/api/state", "/api/none", "/metrics", "/join", "/join/page.js",
     "/pictures/none.png", "/pictures.zip", "/_stcore/health", "/static/none.js"],
)  # fmt: skip
def test_every_answer_has_the_headers(shared_dashboard: Dashboard, path: str):
    """No answer, an error's included, may be sniffed, framed by others or leak its address."""
    headers = httpx.get(f"{shared_dashboard.url}{path}", timeout=HANG_TIMEOUT).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "'unsafe-eval'" not in policy


def test_unchanged_page_keeps_its_policy(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """A page that the browser has kept is drawn again: a 304 replaces no policy."""
    first = httpx.get(shared_dashboard.url, timeout=HANG_TIMEOUT)
    kept = httpx.get(
        shared_dashboard.url,
        headers={"if-none-match": first.headers["etag"]},
        timeout=HANG_TIMEOUT,
    )
    assert kept.status_code == 304
    assert "content-security-policy" not in kept.headers
    page = open_page(shared_dashboard.url)
    expect(page.locator(".js-plotly-plot").first).to_be_visible()
    again = page.context.new_page()
    again.goto(shared_dashboard.url, timeout=60_000)
    expect(again.locator(".js-plotly-plot").first).to_be_visible()
