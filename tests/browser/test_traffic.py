"""The bytes that a page costs: on the first visit, and while nothing happens."""

from collections.abc import Callable
from statistics import median

from playwright.sync_api import Page, WebSocket
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard

_MAX_FIRST_VISIT = 1_500_000
_MAX_UPDATE = 2_000
_UPDATES = 14
"""More than twice those of the first seconds, in which a new dashboard draws its chart anew."""


def test_studio_costs_few_bytes(dashboard: Dashboard, open_page: Callable[..., Page]):
    """A first visit fits a phone in a full room; then a page that shows no news costs little."""
    page = open_page("about:blank", reused=False)
    loaded = _measure_requests(page)
    with page.expect_websocket(lambda socket: "stream" in socket.url) as opened:
        page.goto(dashboard.url)
    socket = opened.value
    drawn: list[int] = []
    socket.on("framereceived", lambda body: drawn.append(len(body)))
    StudioPage(page)
    assert 300_000 < sum(loaded) + sum(drawn) < _MAX_FIRST_VISIT
    # Some updates have the chart's figure, which is later sent twice a minute.
    assert median(_update_sizes(socket)) < _MAX_UPDATE


def _measure_requests(page: Page) -> list[int]:
    """Return a list to which the bytes of each answer are added, as they were sent."""
    sizes: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    return sizes


def _update_sizes(socket: WebSocket) -> list[int]:
    """Return the bytes of some updates in both directions, from one request to the next."""
    sizes = [0]
    socket.on("framereceived", lambda body: sizes.append(sizes.pop() + len(body)))
    socket.on("framesent", lambda body: sizes.append(sizes.pop() + len(body)))
    for _ in range(_UPDATES):
        socket.wait_for_event("framesent", _is_update)
        sizes.append(0)
    return sizes[1:-1]


def _is_update(body: bytes | str) -> bool:
    return isinstance(body, bytes) and BackMsg.FromString(body).rerun_script.is_auto_rerun
