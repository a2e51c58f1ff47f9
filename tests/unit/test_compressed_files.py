"""Streamlit's scripts and style sheets as they are sent."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.file_util import get_static_dir

from dashboard.routes.compressed_files import CompressedFiles

FOLDER = Path(get_static_dir()) / "static"
SCRIPT = min(FOLDER.glob("js/index.*.js")).relative_to(FOLDER).as_posix()
SHEET = min(FOLDER.glob("css/index.*.css")).relative_to(FOLDER).as_posix()


async def _leave_to_streamlit(_request: Request) -> Response:
    return PlainTextResponse("Streamlit's own")


def _client(base_path: str = "") -> TestClient:
    routes = [Route("/{path:path}", _leave_to_streamlit, methods=["GET", "POST"])]
    middleware = [Middleware(CompressedFiles, base_path=base_path)]
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
