"""Streamlit's scripts, style sheets, icons and page as they are sent."""

from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from dashboard.routes.smaller_files import ICON_FONT, SmallerFiles
from tools.icon_font import ligatures, named_icons

FOLDER = Path(get_static_dir()) / "static"
SCRIPT = min(FOLDER.glob("js/index.*.js")).relative_to(FOLDER).as_posix()
ICONS = min(FOLDER.glob("media/MaterialSymbols*")).relative_to(FOLDER).as_posix()
SHEET = min(FOLDER.glob("css/index.*.css")).relative_to(FOLDER).as_posix()


async def _leave_to_streamlit(_request: Request) -> Response:
    return PlainTextResponse("Streamlit's own")


def _client(base_path: str = "") -> TestClient:
    routes = [Route("/{path:path}", _leave_to_streamlit, methods=["GET", "POST"])]
    middleware = [Middleware(SmallerFiles, base_path=base_path)]
    return TestClient(Starlette(routes=routes, middleware=middleware))


@pytest.mark.parametrize(
    ("name", "kind"), [(SCRIPT, "text/javascript"), (SHEET, "text/css")], ids=["script", "sheet"]
)
@pytest.mark.parametrize("base_path", ["", "/live"])
def test_file_is_sent_compressed(name: str, kind: str, base_path: str):
    """The first visit takes a quarter of the bytes, and later ones none."""
    answer = _client(base_path).get(f"{base_path}/static/{name}")
    content = (FOLDER / name).read_bytes()
    assert answer.content == content
    assert int(answer.headers["content-length"]) < len(content) / 3
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["content-type"].startswith(kind)
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"/static/{SCRIPT}", {"Accept-Encoding": "identity"}),
        (f"/static/{SCRIPT}", {"Range": "bytes=0-9"}),
        (f"/other/static/{SCRIPT}", {}),
        (f"/{SCRIPT}", {}),
        ("/static/js/unknown.js", {}),
        ("/static/../index.html", {}),
        ("/static/%2e%2e/manifest.json", {}),
        ("/static/media/SourceSansVF-Upright.ttf.woff2", {}),
    ],
)
def test_other_requests_are_left_to_streamlit(path: str, headers: dict[str, str]):
    """No path reaches any other file, and clients without gzip get what they understand."""
    assert _client().get(path, headers=headers).text == "Streamlit's own"
    assert _client().post(f"/static/{SCRIPT}").text == "Streamlit's own"


def test_icons_are_sent_without_those_that_nothing_names():
    """The icon font is a thirtieth of Streamlit's, and the browser keeps it."""
    answer = _client("/live").get(f"/live/static/{ICONS}")
    assert answer.content == ICON_FONT.read_bytes()
    assert len(answer.content) < (FOLDER / ICONS).stat().st_size / 20
    assert answer.headers["content-type"] == "font/woff2"
    assert "immutable" in answer.headers["cache-control"]


def test_font_has_each_icon_that_streamlit_names():
    """After an upgrade of Streamlit, no icon is shown as its name."""
    whole = ligatures(TTFont(FOLDER / ICONS))
    assert named_icons() & whole.keys() <= ligatures(TTFont(ICON_FONT)).keys()


def test_page_loads_no_font_that_it_does_not_use():
    """The page is as Streamlit has it, but for the request for its text font."""
    page = Path(get_static_dir(), "index.html").read_text()
    answer = TestClient(SmallerFiles(HTMLResponse(page), "")).get("/gallery")
    begin = page.index('<link\n      rel="preload"')
    end = page.index("/>", begin) + 2
    assert "SourceSans" in page[begin:end]
    assert answer.text == page[:begin] + page[end:]
    assert int(answer.headers["content-length"]) == len(answer.content)
