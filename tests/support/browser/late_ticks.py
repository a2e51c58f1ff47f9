"""A browser whose questions are long on their way: they come while another page is drawn already.

The parts of a page ask to be drawn again each second, until the browser hears that the page
has changed. What it asked just before reaches the server in the middle of the next page.
"""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


class LateTicks:
    """Stands between a page and its server; ``between`` comes before the page's address."""

    def __init__(self) -> None:
        self._tick: bytes | None = None
        self._page = ""
        self._late = False

    def between(self, page: Page) -> None:
        """Stand there from the next load on."""
        page.route_web_socket("**/_stcore/stream", self._relay)

    @property
    def heard(self) -> bool:
        """Whether a part of the page has asked to be drawn again."""
        return self._tick is not None

    def begin(self) -> None:
        """From now on the last tick comes again in the middle of each run of a whole page."""
        self._late = True

    def _relay(self, browser: WebSocketRoute) -> None:
        server = browser.connect_to_server()
        browser.on_message(lambda message: self._ask(server, message))
        server.on_message(lambda message: self._tell(browser, server, message))

    def _ask(self, server: WebSocketRoute, message: bytes) -> None:
        asked = BackMsg.FromString(message).rerun_script
        if not self._late and asked.is_auto_rerun:
            self._tick, self._page = message, asked.page_script_hash
        # A browser that asks for another page has asked for nothing of the old one after that.
        if asked.page_script_hash not in ("", self._page):
            self._late = False
        server.send(message)

    def _tell(self, browser: WebSocketRoute, server: WebSocketRoute, message: bytes) -> None:
        browser.send(message)
        told = ForwardMsg.FromString(message)
        whole = told.HasField("new_session") and not told.metadata.run.fragment_ids
        if self._late and whole:
            server.send(self._tick)
