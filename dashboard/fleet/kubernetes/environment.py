"""Connect to the API server through the environment's proxy and with its authorities."""

from typing import TYPE_CHECKING

from core.network.http import proxy_headers
from core.network.proxies import proxy_for
from core.network.trust import client_context

if TYPE_CHECKING:  # importing it takes a third of a second, so only the first poll does
    from kubernetes.client import ApiClient, Configuration

NO_PROXY_YET = ""
"""Keeps the package from reading the environment, whose NO_PROXY it understands in part only."""


def open_client(settings: "Configuration") -> "ApiClient":
    """Return a client; a proxy or authority of the kubeconfig wins. Raises SettingsError."""
    from kubernetes.client import ApiClient

    if not settings.proxy:
        _use_proxy(settings)
    api = ApiClient(settings)
    if settings.verify_ssl and not (settings.ssl_ca_cert or settings.ca_cert_data):
        options = api.rest_client.pool_manager.connection_pool_kw
        options["ssl_context"] = client_context()
    return api


def _use_proxy(settings: "Configuration") -> None:
    # Without TLS the token of the ServiceAccount or kubeconfig would be sent to the proxy.
    if proxy := proxy_for(settings.host, carries_password=True):
        settings.proxy = proxy.url
        settings.proxy_headers = proxy_headers(proxy)
