"""Delay a page's refresh requests until another page is being drawn.

The fragments of a page request a rerun each second until the browser learns that the page has
changed. A request that was sent just before reaches the server in the middle of the next page.
"""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class LateTicks:
    """Relays between a page and its server, and repeats a fragment's rerun request late."""

    def __init__(self) -> None:
        self._tick: bytes | None = None
        self._page = ""
        self._late = False

    def between(self, page: Page) -> None:
        """Relay the page's messages from its next load on."""
        page.route_web_socket("**/_stcore/stream", self._relay)

    @property
    def received(self) -> bool:
        """Whether a fragment of the page has requested a rerun."""
        return self._tick is not None

    def begin(self) -> None:
        """Repeat the last such request in the middle of each run of a whole page from now on."""
        self._late = True

    def _relay(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(lambda message: self._from_browser(server, message))
        server.on_message(lambda message: self._from_server(browser, server, message))

    def _from_browser(self, server: WebSocketRoute, message: bytes) -> None:
        request = BackMsg.FromString(message).rerun_script
        if not self._late and request.is_auto_rerun:
            self._tick, self._page = message, request.page_script_hash
        # After a browser has requested another page, it requests nothing of the old one.
        if request.page_script_hash not in ("", self._page):
            self._late = False
        server.send(message)

    def _from_server(self, browser: WebSocketRoute, server: WebSocketRoute, message: bytes) -> None:
        browser.send(message)
        parsed = ForwardMsg.FromString(message)
        whole = parsed.HasField("new_session") and not parsed.metadata.run.fragment_ids
        if self._late and whole:
            server.send(self._tick)
