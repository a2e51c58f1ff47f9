"""The audience's way in: the QR code to /join, with the same address in words."""

from functools import cache
from html import escape

import segno
import streamlit as st

from dashboard import runtime
from dashboard.audience import address
from dashboard.audience.address import JoinAddress


def show() -> None:
    """Show where phones find /join."""
    st.html(html(_address()))


def _address() -> JoinAddress:
    settings = runtime.current().settings
    on_this_machine = runtime.current().sampler.snapshot().mode == "laptop"
    network = address.network_address() if on_this_machine and _is_served_widely() else None
    return address.choose(st.context.url or "http://localhost", settings.public_url, network)


def _is_served_widely() -> bool:
    return st.get_option("server.address") not in ("localhost", "127.0.0.1", "::1")


def html(where: JoinAddress) -> str:
    """Write the invitation; the code is a picture inside the page."""
    note = f"<small>{escape(where.note)}</small>" if where.note else ""
    if where.url is None:
        return f"<div class='invitation'><p>{note}</p></div>"
    host, _, page = where.without_scheme.rpartition("/")
    words = f"Your turn:<br><b>{escape(host)}<wbr>/{escape(page)}</b>{note}"
    code = f"<img src='{_code(where.url)}' alt='QR code of {escape(where.url)}'>"
    return f"<div class='invitation'><p>{words}</p>{code}</div>"


@cache
def _code(url: str) -> str:
    # Dark on light in both themes: many phones read no inverted codes.
    code = segno.make(url, error="m", micro=False)
    return code.svg_data_uri(border=3, dark="#17191e", light="#ffffff", omitsize=True)
