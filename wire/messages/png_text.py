"""Text chunks of PNG files: key and value pairs that image tools read.

See https://www.w3.org/TR/png-3/#11textinfo.
"""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import chain, islice

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER_END = 33
"""Bytes of the signature and the first chunk, IHDR."""
_MAX_TEXTS = 16
"""Tools write up to five."""
_MAX_TEXT_BYTES = 2**20
"""A compressed text of a few kB may expand to gigabytes."""


def insert_text(png: bytes, texts: Mapping[str, str]) -> bytes:
    """Return a PNG file with these texts by keyword, before its pixels."""
    chunks = b"".join(_text_chunk(keyword, text) for keyword, text in texts.items())
    return png[:_HEADER_END] + chunks + png[_HEADER_END:]


def read_text(png: bytes) -> dict[str, str]:
    """Return the first texts of a PNG file by keyword; empty for any other file."""
    chunks = ((kind, body) for kind, body in _chunks(png) if kind in _DECODERS)
    texts = (_texts(kind, body) for kind, body in islice(chunks, _MAX_TEXTS))
    return dict(chain.from_iterable(texts))


def _text_chunk(keyword: str, text: str) -> bytes:
    try:
        return _chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return _chunk(b"iTXt", keyword.encode("latin-1") + b"\0\0\0\0\0" + text.encode())


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = len(_SIGNATURE)
    if not png.startswith(_SIGNATURE):
        return
    while position + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, position)
        yield kind, png[position + 8 : position + 8 + length]
        position += 12 + length


def _texts(kind: bytes, body: bytes) -> Iterator[tuple[str, str]]:
    keyword, separator, rest = body.partition(b"\0")
    if separator:
        # A damaged chunk is left out; the others can be read.
        with suppress(ValueError, zlib.error):
            yield keyword.decode("latin-1"), _DECODERS[kind](rest[:_MAX_TEXT_BYTES])


def _international(rest: bytes) -> str:
    """Decode an iTXt chunk after its keyword: two flags, language, translated keyword, text."""
    compressed = rest[:1] == b"\1"
    _language, _keyword, text = rest[2:].split(b"\0", 2)
    return (_decompress(text) if compressed else text).decode()


def _decompress(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body, _MAX_TEXT_BYTES)


_DECODERS: Mapping[bytes, Callable[[bytes], str]] = {
    b"tEXt": lambda rest: rest.decode("latin-1"),
    b"zTXt": lambda rest: _decompress(rest[1:]).decode("latin-1"),
    b"iTXt": _international,
}
