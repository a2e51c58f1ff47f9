"""The invitation for the audience: the address of /join, and its QR code."""

from functools import cache
from urllib.parse import urljoin

import segno
import streamlit as st
from markupsafe import Markup

from dashboard import runtime
from dashboard.audience import address
from dashboard.audience.address import JoinAddress
from dashboard.components.present import render


def address_of_join() -> JoinAddress:
    """Return the address at which phones reach /join."""
    settings = runtime.current().settings
    on_this_machine = runtime.current().sampler.snapshot().mode == "laptop"
    network = address.network_address() if on_this_machine and _listens_on_network() else None
    opened = st.context.url or "http://localhost"
    return address.choose(opened, settings.public_url, network, settings.base_path)


def _listens_on_network() -> bool:
    return st.get_option("server.address") not in ("localhost", "127.0.0.1", "::1")


def html(url: str) -> Markup:
    """Render the invitation to a URL; the QR code is embedded."""
    host, _, page = url.partition("://")[2].rpartition("/")
    return render("invitation", host, page, url, _code(url))


def remote_html() -> Markup:
    """Render the address of the remote, as this browser or a phone opens it, and its QR code."""
    join = address_of_join().url
    url = urljoin(join or st.context.url or "http://localhost", "remote")
    host, _, page = url.partition("://")[2].rpartition("/")
    return render("remote", host, page, url, _code(url))


@cache
def _code(url: str) -> str:
    # Dark on light in both themes: many phones do not read inverted codes.
    code = segno.make(url, error="m", micro=False)
    return code.svg_data_uri(border=3, dark="#17191e", light="#ffffff", omitsize=True)
