"""Count unacknowledged jobs with RabbitMQ's management API, since AMQP does not report them.

Queues emit their statistics every five seconds and the API collects them every five seconds
(https://www.rabbitmq.com/docs/management#statistics-interval), so counts may be ten seconds old.
"""

import logging
import time
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, unquote

import pika
from urllib3 import PoolManager, Timeout, make_headers
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from core.errors import SettingsError
from core.settings import Settings
from wire.rabbitmq.connection import connection_parameters

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 2.0
_PAUSE_AFTER_FAILURE_SECONDS = 10.0
"""An unreachable API must not slow down the count of ready jobs."""


class Management:
    """Client of the management API of the broker at RABBITMQ_URL."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_MANAGEMENT_URL is not an HTTP URL."""
        parameters = connection_parameters(settings.rabbitmq_url)
        self._vhost = quote(parameters.virtual_host, safe="")
        configured = settings.rabbitmq_management_url
        url = _parse(configured.get_secret_value()) if configured else _default_url(parameters)
        self._base = Url(url.scheme, None, url.host, url.port, (url.path or "").rstrip("/")).url
        self._http = PoolManager(
            headers=make_headers(
                basic_auth=_credentials(url, parameters), basic_auth_encoding="utf-8"
            ),
            timeout=Timeout(total=_TIMEOUT_SECONDS),
            retries=False,
        )
        self._paused_until = 0.0
        self._error: str | None = None

    def unacknowledged(self, queue_name: str, ready: int) -> int | None:
        """Count the unacknowledged messages of a queue, given its ready messages; None if unknown.

        Both counts of the API are from the same, earlier moment. Their sum changes only when a job
        is published or finished, so what is missing from it in ``ready`` was delivered since: a
        delivery is counted at once, and an acknowledgement a little late.
        """
        match self._get(f"/api/queues/{self._vhost}/{quote(queue_name, safe='')}"):
            case {"messages_ready": int(older_ready), "messages_unacknowledged": int(older)}:
                return max(0, older_ready + older - ready)
        # A queue that has emitted no statistics yet has no counts; they are unknown, not zero.
        return None

    def _get(self, path: str) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        answer, error = None, None
        try:
            response = self._http.request("GET", self._base + path)
            if response.status == HTTPStatus.OK:
                answer = response.json()
            else:
                error = f"status {response.status}"
        except (HTTPError, ValueError) as failure:
            error = type(failure).__name__
        if error:
            self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
        self._log_change(error)
        return answer

    def _log_change(self, error: str | None) -> None:
        if error and error != self._error:
            log.warning("RabbitMQ's management API at %s failed: %s.", self._base, error)
        elif self._error and not error:
            log.info("RabbitMQ's management API at %s is available again.", self._base)
        self._error = error


def _parse(url: str) -> Url:
    """Parse an HTTP URL. Raises SettingsError, whose message does not contain the URL."""
    try:
        parsed = parse_url(url)
    except LocationParseError:
        parsed = Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise SettingsError(
            "RABBITMQ_MANAGEMENT_URL is not valid: it should look like http://host:15672."
        )
    return parsed


def _default_url(parameters: pika.URLParameters) -> Url:
    # The default ports: https://www.rabbitmq.com/docs/networking#ports
    if parameters.ssl_options:
        return Url("https", host=parameters.host, port=15671)
    return Url("http", host=parameters.host, port=15672)


def _credentials(url: Url, parameters: pika.URLParameters) -> str:
    """Return ``user:password`` of the URL, by default those of RABBITMQ_URL."""
    user, _, password = (url.auth or "").partition(":")
    # An AMQP URL has no other kind of credentials.
    default = cast("pika.PlainCredentials", parameters.credentials)
    return f"{unquote(user) or default.username}:{unquote(password) or default.password}"
