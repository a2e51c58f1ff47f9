"""Random hostile HTTP requests, as ASGI scopes that a web server would make of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from starlette.routing import BaseRoute

from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name

_JOB = new_job(JobRequest(prompt="a cat")).id
_SUBMISSIONS = (
    ("/api/jobs", b"application/json"),
    ("/api/v1/jobs", b"application/json"),
    ("/join", b"application/x-www-form-urlencoded"),
)
"""The routes that read a body, and the type that they take."""
_METHODS = ("GET", "GET", "POST", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_ODD_METHODS = ("get", "CONNECT", "PROPFIND", "M-SEARCH", "!", "A" * 300)
_TEXTS = (
    "", " ", ".", "..", "../../etc/passwd", "..\\..\\windows", "/", "//evil.example/", "%00", "%",
    "%zz", "%2e%2e%2f", "\0", "\r\nSet-Cookie: a=b", "\n", "\x7f", "\x85", "é", "日本",
    "\U0001f600", "\ufffd", "\u202e", "a" * 5000, "9" * 5000, "-1", "0", "1e400", "NaN", "null",
    "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "'; DROP TABLE jobs; --", "a,b;c=d", ",,,,",
    "http://[::1", "http://[", "http://a:99999999", "https://localhost:8501", "null", "*", "*/*",
    "bytes=0-", "bytes=9-1", "bytes=-99999999999999999999", "W/\"x\"", "Bearer ", "Bearer é",
    "Basic !!!", "for=\"[::1\";proto=x", "::1%eth0", "1.2.3.4, unknown", "visitor=x; browser=y",
    "=;=;=", "gzip;q=abc", "text/html", "image/webp", "same-origin", "cross-site", "chunked",
    "Thu, 99 Xxx 0000", "a" * 22, _JOB, _JOB.upper(), picture_name(_JOB, 0), f"{_JOB}.json",
    f"{_JOB}-99999.png", ",".join([picture_name(_JOB, 0)] * 150), "png", "webp",
)  # fmt: skip
_HEADERS = (
    "accept", "accept-encoding", "accept-language", "authorization", "content-encoding",
    "content-length", "content-type", "cookie", "expect", "forwarded", "host", "idempotency-key",
    "if-match", "if-modified-since", "if-none-match", "if-range", "origin", "range", "referer",
    "sec-fetch-site", "te", "transfer-encoding", "upgrade", "x-forwarded-for", "x-forwarded-host",
    "x-forwarded-prefix", "x-forwarded-proto", "x-http-method-override", "x-xsrftoken",
)  # fmt: skip
_TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x",
)
_QUERY_NAMES = ("format", "names", "job", "typed", "name", "page", "q", "x")
_FIELDS = (
    "prompt", "count", "seed", "width", "height", "steps", "guidance_scale", "scheduler",
    "negative_prompt", "init_image", "strength", "lora", "separate", "id", "pending_approval",
)  # fmt: skip
_VALUES = (
    "null", "true", "0", "-1", "1", "4", "1e400", "-0.0", "NaN", "Infinity", "1" * 5000, "1e-400",
    '""', '"a cat"', r'"\ud800"', r'"\u0000"', '"\\"', '"' + "x" * 100_000 + '"', "[]", "{}",
    "[[]]", '{"a": 1}', "[" * 2000 + "]" * 2000, '"../../etc/passwd"', f'"{_JOB}"',
)  # fmt: skip
_BODIES = (
    b"", b"\0", b"\xff\xfe", b"{", b"[", b"[]", b"1", b'"a"', b"null", b"[" * 200_000, b"{" * 1000,
    b'{"prompt": "\xff"}', b"\xef\xbb\xbf{}", '{"prompt": "a"}'.encode("utf-16"), b"prompt=a%ff%00",
    b"prompt=" + b"a" * 9000, b"&" * 9000, b"=" * 50, b"suggestion=a&suggestion=b&prompt=%",
    b"--x\r\nContent-Disposition: form-data; name=f; filename=\"..\"\r\n\r\nx\r\n--x--",
    b"--x\r\n",
    b"--x\r\nContent-Disposition: x\r\n\r\n--x--", b"\x1f\x8b\x08\0", b"x" * 70_000,
)  # fmt: skip


@dataclass(frozen=True)
class HostileRequest:
    """A request, and whether its client goes away before its end."""

    scope: dict[str, object]
    body: bytes
    is_complete: bool

    def __str__(self) -> str:
        method, path = self.scope["method"], self.scope["raw_path"]
        return f"{method} {path!r} {self.scope['headers']!r} {self.body[:200]!r}"[:2000]


def random_request(chance: random.Random, routes: Sequence[BaseRoute]) -> HostileRequest:
    """Return a request to one of the routes, or to a path near it."""
    if chance.random() < 0.3:
        path, media_type = chance.choice(_SUBMISSIONS)
        method, raw_path = "POST", path.encode()
        headers = [(b"host", b"localhost"), (b"content-type", media_type), *_some_headers(chance)]
    else:
        method = chance.choice(_METHODS if chance.random() < 0.9 else _ODD_METHODS)
        raw_path, headers = _raw_path(chance, routes), _headers(chance)
    scope = _scope(method, raw_path, _query(chance), headers)
    return HostileRequest(scope, _body(chance), is_complete=chance.random() < 0.95)


def request_to(
    method: str, raw_path: bytes, headers: dict[str, str], body: bytes, is_complete: bool = True
) -> HostileRequest:
    """Return one request, which need not be hostile."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return HostileRequest(_scope(method, raw_path, b"", raw), body, is_complete)


def _scope(
    method: str, raw_path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]
) -> dict[str, object]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8501),
        "client": ("203.0.113.9", 50000),
        "scheme": "http",
        "method": method,
        "root_path": "",
        "path": unquote(raw_path.decode("ascii")),
        "raw_path": raw_path,
        "query_string": query,
        "headers": headers,
        "state": {},
    }


def _raw_path(chance: random.Random, routes: Sequence[BaseRoute]) -> bytes:
    segments = getattr(chance.choice(routes), "path", "/").split("/")
    filled = [_text(chance) if "{" in each else each for each in segments]
    if chance.random() < 0.2:
        filled.insert(chance.randint(1, len(filled)), _text(chance))
    safe = chance.choice(["/", "/%", "/%\\<>{}"])
    path = quote("/".join(filled), safe=safe).replace("\\", "%5C")
    return path.encode() if path.startswith("/") else b"/" + path.encode()


def _query(chance: random.Random) -> bytes:
    if chance.random() < 0.5:
        return b""
    pairs = [(chance.choice(_QUERY_NAMES), _text(chance)) for _ in range(chance.randint(1, 3))]
    return "&".join(f"{name}={quote(value, safe='%&=')}" for name, value in pairs).encode()


def _headers(chance: random.Random) -> list[tuple[bytes, bytes]]:
    headers = [(b"host", b"localhost:8501")] if chance.random() < 0.8 else []
    if chance.random() < 0.6:
        headers.append((b"content-type", chance.choice(_TYPES).encode()))
    return [*headers, *_some_headers(chance)]


def _some_headers(chance: random.Random) -> list[tuple[bytes, bytes]]:
    names = chance.choices(_HEADERS, k=chance.randint(0, 4))
    return [(name.encode(), _header_value(chance)) for name in names]


def _header_value(chance: random.Random) -> bytes:
    """Return what a web server lets through: no control characters, but any other byte."""
    value = _text(chance).encode()
    return bytes(each for each in value if each >= 0x20 and each != 0x7F).strip()


def _body(chance: random.Random) -> bytes:
    if chance.random() < 0.4:
        return chance.choice(_BODIES)
    fields = [f'"{chance.choice(_FIELDS)}": {chance.choice(_VALUES)}' for _ in range(3)]
    prompt = ['"prompt": "a cat"'] if chance.random() < 0.7 else []
    return f"{{{', '.join([*fields, *prompt])}}}".encode()


def _text(chance: random.Random) -> str:
    if chance.random() < 0.1:
        return "".join(chr(chance.randrange(1, 0xD800)) for _ in range(chance.randint(1, 30)))
    return chance.choice(_TEXTS)
