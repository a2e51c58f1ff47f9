"""The hub's HTTP client: proxies and private authorities as every other client reads them."""

from threading import Lock

import httpx2  # what huggingface_hub.set_client_factory takes
from huggingface_hub import set_client_factory
from huggingface_hub.utils._http import default_client_factory

from core.network.proxies import Proxy, proxy_for
from core.network.trust import client_context

_TIMEOUT_SECONDS = 30.0
"""For requests to which huggingface_hub gives no time limit."""


def use_environment() -> None:
    """Give huggingface_hub clients with the environment's proxies and authorities.

    Raises SettingsError.
    """
    client_context()  # names a wrong variable now, not during a download
    set_client_factory(_client)


class EnvironmentTransport(httpx2.BaseTransport):
    """Sends each request through the proxy for its URL; files have other hosts than the hub."""

    def __init__(self) -> None:
        self._context = client_context()
        self._lock = Lock()
        self._transports: dict[Proxy | None, httpx2.HTTPTransport] = {}

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its token is never sent to a proxy without TLS."""
        has_token = "authorization" in request.headers
        proxy = proxy_for(str(request.url), carries_password=has_token)
        with self._lock:
            transport = self._transports.get(proxy) or self._open(proxy)
            self._transports[proxy] = transport
        return transport.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()

    def _open(self, proxy: Proxy | None) -> httpx2.HTTPTransport:
        if proxy is None:
            return httpx2.HTTPTransport(verify=self._context)
        user, _, password = (proxy.credentials or "").partition(":")
        auth = (user, password) if proxy.credentials else None
        through = httpx2.Proxy(proxy.url, auth=auth)
        return httpx2.HTTPTransport(verify=self._context, proxy=through)


def _client() -> httpx2.Client:
    with default_client_factory() as default:
        hooks = default.event_hooks  # among them the one for HF_HUB_OFFLINE
    return httpx2.Client(
        transport=EnvironmentTransport(),
        event_hooks=hooks,
        follow_redirects=True,
        timeout=_TIMEOUT_SECONDS,
        trust_env=False,
    )
