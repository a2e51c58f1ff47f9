"""Parse RABBITMQ_URL, with the query parameters of RabbitMQ and of pika.

https://www.rabbitmq.com/docs/uri-spec and https://www.rabbitmq.com/docs/uri-query-parameters.
No error message contains a part of the URL other than the name of a parameter.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, parse_qs, unquote

import pika
from pika.credentials import ExternalCredentials
from pydantic import SecretStr

from core.errors import SettingsError
from core.network.urls import PERCENT_ENCODE, checked_url
from wire.rabbitmq.session import TIMEOUT_SECONDS
from wire.rabbitmq.tls import TLS_PARAMETERS, tls_options

_LIKE = "it should look like amqp://user:password@host:5672/vhost"
_MAX_TIMEOUT_SECONDS = 600.0
_MECHANISMS = {"plain", "amqplain", "external"}
_OF_PIKA = {
    "blocked_connection_timeout",
    "client_properties",
    "connection_attempts",
    "frame_max",
    "locale",
    "retry_delay",
    "socket_timeout",
    "ssl_options",
    "stack_timeout",
    "tcp_options",
}

Query = Mapping[str, str]


def parse_url(url: SecretStr | None) -> pika.URLParameters:
    """Parse an AMQP URL. Raises SettingsError, whose message does not contain the URL."""
    text = url.get_secret_value() if url else ""
    parts = _split(text)
    query = _query(parts)
    parameters = _base(text, query)
    parameters.host = unquote(parameters.host)  # an IPv6 address may have a zone
    # As other clients read it, KEDA among them: all that follows the first slash.
    parameters.virtual_host = unquote(parts.path[1:]) or "/"
    if parameters.ssl_options and "ssl_options" not in query:
        parameters.ssl_options = tls_options(query)
    if "socket_timeout" not in query:
        parameters.socket_timeout = TIMEOUT_SECONDS
    if "stack_timeout" not in query:
        parameters.stack_timeout = max(TIMEOUT_SECONDS, parameters.socket_timeout or 0.0)
    _apply(parameters, query)
    return parameters


def _split(text: str) -> SplitResult:
    try:
        parts = checked_url(text)
    except ValueError as error:
        raise _invalid(PERCENT_ENCODE if str(error) == PERCENT_ENCODE else _LIKE) from None
    if parts.scheme not in ("amqp", "amqps") or "://" not in text:
        raise _invalid(_LIKE)
    return parts


def _invalid(advice: str) -> SettingsError:
    return SettingsError(f"RABBITMQ_URL is not valid: {advice}.")


def _query(parts: SplitResult) -> Query:
    query = {name: values[0] for name, values in parse_qs(parts.query, True).items()}
    known = {*_SETTERS, *TLS_PARAMETERS, *_OF_PIKA}
    for name in query:
        if name not in known:
            shown = f" {name}" if re.fullmatch(r"[a-z_]{1,40}", name) else ""
            raise SettingsError(
                f"RABBITMQ_URL has an unknown parameter{shown}. Known ones are "
                f"{', '.join(sorted(known))}."
            )
    if parts.scheme != "amqps" and (tls := sorted(TLS_PARAMETERS & query.keys())):
        raise SettingsError(
            f"RABBITMQ_URL has {', '.join(tls)}, which need amqps://; amqp:// is not encrypted."
        )
    return query


def _base(text: str, query: Query) -> pika.URLParameters:
    head, mark, tail = text.partition("?")
    kept = "&".join(each for each in tail.split("&") if each.partition("=")[0] in _OF_PIKA)
    try:
        return pika.URLParameters(f"{head}{mark}{kept}" if kept else head)
    except (ValueError, TypeError, SyntaxError, OSError, AttributeError):
        names = ", ".join(sorted(_OF_PIKA & query.keys()))
        raise _invalid(f"check {names}" if names else _LIKE) from None


def _apply(parameters: pika.URLParameters, query: Query) -> None:
    for name in _SETTERS.keys() & query.keys():
        unit, setter = _SETTERS[name]
        try:
            setter(parameters, query[name])
        except (ValueError, TypeError):
            raise _invalid(f"{name} must be {unit}") from None


def _set_timeout(parameters: pika.URLParameters, milliseconds: str) -> None:
    seconds = int(milliseconds) / 1000
    if not 0 < seconds <= _MAX_TIMEOUT_SECONDS:
        raise ValueError
    parameters.socket_timeout = parameters.stack_timeout = seconds


def _set_mechanism(parameters: pika.URLParameters, mechanism: str) -> None:
    if mechanism.lower() not in _MECHANISMS:
        raise ValueError
    if mechanism.lower() == "external":
        parameters.credentials = ExternalCredentials()


def _set_heartbeat(parameters: pika.URLParameters, seconds: str) -> None:
    parameters.heartbeat = int(seconds)


def _set_channel_max(parameters: pika.URLParameters, count: str) -> None:
    # 0 is RabbitMQ's word for no limit; the protocol's is 65535.
    parameters.channel_max = int(count) or 65535


_SETTERS: dict[str, tuple[str, Callable[[pika.URLParameters, str], None]]] = {
    "heartbeat": ("a number of seconds", _set_heartbeat),
    "connection_timeout": ("milliseconds, from 1 to 600000", _set_timeout),
    "channel_max": ("a number from 0 to 65535", _set_channel_max),
    "auth_mechanism": ("plain, amqplain or external", _set_mechanism),
}
