"""HTTP clients that read proxies and private authorities from the environment."""

from collections.abc import Mapping
from typing import Any

from urllib3 import PoolManager, ProxyManager, Retry, Timeout, make_headers
from urllib3.exceptions import ProxyError

from core.network.failures import causes, explain
from core.network.proxies import Proxy, proxy_for
from core.network.trust import client_context


def pool_for(
    url: str,
    timeout: Timeout,
    retries: Retry | bool,
    *,
    connections: int = 4,
    headers: Mapping[str, str] | None = None,
    carries_password: bool = False,
) -> PoolManager:
    """Return a client for a URL and the hosts below it. Raises SettingsError.

    Args:
        url: decides on the proxy.
        timeout: for each request; there is none without.
        retries: for each request.
        connections: how many are kept open.
        headers: of each request.
        carries_password: whether requests contain a password or token; see ``proxy_for``.

    """
    options: dict[str, Any] = {
        "timeout": timeout,
        "retries": retries,
        "maxsize": connections,
        "headers": headers,
        "ssl_context": client_context() if url.startswith("https:") else None,
    }
    proxy = proxy_for(url, carries_password=carries_password)
    if proxy is None:
        return PoolManager(**options)
    return ProxyManager(proxy.url, proxy_headers=proxy_headers(proxy), **options)


def proxy_headers(proxy: Proxy) -> dict[str, str] | None:
    """Return the header with the proxy's own credentials, if it has some."""
    if not proxy.credentials:
        return None
    return dict(make_headers(proxy_basic_auth=proxy.credentials, proxy_basic_auth_encoding="utf-8"))


def explain_request(error: BaseException, url: str) -> str:
    """Explain a failed request to ``url``; name the proxy if the way led through one."""
    led_through = any(isinstance(cause, ProxyError) for cause in causes(error))
    proxy = proxy_for(url) if led_through else None
    way = f" (through the proxy {proxy.url} of {proxy.variable})" if proxy else ""
    return f"{explain(error)}{way}"
