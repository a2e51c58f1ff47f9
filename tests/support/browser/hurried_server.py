"""A server whose parts of a page follow each other faster than it can say that they ended.

Where the next part begins before the end of the last one was sent, Streamlit tells the browser
that the last one was cut short, and the browser keeps what that part no longer draws. It
happens on a busy machine; here it happens always.
"""

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_PART_ENDED = ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
_CUT_SHORT = ForwardMsg.ScriptFinishedStatus.FINISHED_EARLY_FOR_RERUN


def open_hurried(page: Page, url: str) -> Page:
    """Open an address in a page that never hears that a part of it was drawn to its end."""
    page.route_web_socket("**/_stcore/stream", _relay)
    page.goto(url)
    return page


def _relay(browser: WebSocketRoute) -> None:
    server = browser.connect_to_server()
    server.on_message(lambda message: browser.send(_hurried(message)))


def _hurried(message: bytes) -> bytes:
    told = ForwardMsg.FromString(message)
    if told.WhichOneof("type") == "script_finished" and told.script_finished == _PART_ENDED:
        told.script_finished = _CUT_SHORT
    return told.SerializeToString()
