"""TLS to the broker, from the query of RABBITMQ_URL and the environment's authorities."""

import ssl
from collections.abc import Mapping

import pika

from core.errors import SettingsError
from core.network.trust import client_context, load_authorities

TLS_PARAMETERS = {
    "cacertfile",
    "certfile",
    "keyfile",
    "password",
    "verify",
    "fail_if_no_peer_cert",
    "server_name_indication",
    "depth",
}
"""https://www.rabbitmq.com/docs/uri-query-parameters. ``depth`` and ``fail_if_no_peer_cert`` change
nothing here: OpenSSL limits the depth itself, and a server always has a certificate."""

_VERIFY = {"verify_peer": True, "verify_none": False}


def tls_options(query: Mapping[str, str]) -> pika.SSLOptions:
    """Return pika's options. Raises SettingsError, which names the parameter."""
    context = client_context()
    if authorities := query.get("cacertfile"):
        load_authorities(context, authorities, "cacertfile in RABBITMQ_URL")
    _load_client_certificate(context, query)
    name = query.get("server_name_indication")
    if name == "disable":
        context.check_hostname, name = False, None
    if not _verifies(query):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return pika.SSLOptions(context, name)


def _verifies(query: Mapping[str, str]) -> bool:
    try:
        return _VERIFY[query.get("verify", "verify_peer")]
    except KeyError:
        raise SettingsError("verify in RABBITMQ_URL must be verify_peer or verify_none.") from None


def _load_client_certificate(context: ssl.SSLContext, query: Mapping[str, str]) -> None:
    certificate, key = query.get("certfile"), query.get("keyfile")
    if not certificate and not key:
        return
    if not certificate:
        raise SettingsError("keyfile in RABBITMQ_URL needs certfile beside it.")
    try:
        # Without a password, OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate, key, lambda: query.get("password", ""))
    except ssl.SSLError:
        raise SettingsError(
            "certfile and keyfile in RABBITMQ_URL do not fit together, are no PEM, or need another "
            "password."
        ) from None
    except OSError as error:
        raise SettingsError(
            f"certfile or keyfile in RABBITMQ_URL cannot be read: {error.strerror}."
        ) from None
