"""A server that starts the next fragment before it reports the end of the last one.

Streamlit then reports that the last fragment was cut short, and the browser keeps elements that
the fragment no longer draws. This happens on a busy machine; here it happens every time.
"""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_FRAGMENT_ENDED = ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
_CUT_SHORT = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


def open_hurried(page: Page, url: str) -> Page:
    """Open an address in a page that never learns that a fragment was drawn to its end."""
    page.route_web_socket("**/_stcore/stream", _relay)
    page.goto(url)
    return page


def _relay(browser: WebSocketRoute) -> None:
    server = browser.connect_to_server()
    server.on_message(lambda message: browser.send(_cut_short(message)))


def _cut_short(message: bytes) -> bytes:
    parsed = ForwardMsg.FromString(message)
    if parsed.WhichOneof("type") == "script_finished" and parsed.script_finished == _FRAGMENT_ENDED:
        parsed.script_finished = _CUT_SHORT
    return parsed.SerializeToString()
