"""What only RabbitMQ's management API tells: how many jobs are leased.

Queues report their numbers every five seconds and the API collects the reports every five
seconds (https://www.rabbitmq.com/docs/management#statistics-interval), so they can be ten
seconds old; on RabbitMQ 3.10 they were seen to be seven.
"""

import base64
import json
import logging
import time
from http.client import HTTPException
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import Request, urlopen

import pika

from core.errors import SettingsError
from core.settings import Settings
from wire.rabbitmq.connection import connection_parameters

log = logging.getLogger(__name__)

_TIMEOUT = 2.0
_PAUSE = 10.0
"""Seconds without another try after a failure: the ready count should not wait for it."""


class Management:
    """The management API that belongs to a broker."""

    def __init__(self, settings: Settings) -> None:
        parameters = connection_parameters(settings.rabbitmq_url)
        self._vhost = quote(parameters.virtual_host, safe="")
        configured = settings.rabbitmq_management_url
        url = configured.get_secret_value() if configured else _usual_url(parameters)
        self._base, self._authorization = _without_credentials(url, parameters.credentials)
        self._silent_until = 0.0
        self._trouble: str | None = None

    def unacknowledged(self, queue_name: str, ready: int) -> int | None:
        """Count the leased messages of a queue of which ``ready`` wait now; None if unknown.

        The API's two counts are of one moment, a little ago, and their sum changes only
        when a job comes or is finished. What is missing from it now was taken since:
        so a job just taken is seen at once, and one just finished a little late.
        """
        counts = self._get(f"/api/queues/{self._vhost}/{quote(queue_name, safe='')}")
        try:
            total = counts["messages_ready"] + counts["messages_unacknowledged"]
        except (KeyError, TypeError):
            # A queue that has not reported yet has no counts; that is not zero.
            return None
        return max(0, total - ready)

    def _get(self, path: str) -> dict | None:
        if time.monotonic() < self._silent_until:
            return None
        request = Request(self._base + path, headers={"Authorization": self._authorization})  # noqa: S310 - the scheme is checked in _without_credentials
        try:
            with urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
                answer = json.load(response)
        except (OSError, HTTPException, ValueError) as error:
            self._silent_until = time.monotonic() + _PAUSE
            self._note(type(error).__name__)
            return None
        self._note(None)
        return answer

    def _note(self, error: str | None) -> None:
        """Log what is new: it is asked again and again."""
        if error and error != self._trouble:
            log.warning("RabbitMQ's management API at %s: %s.", self._base, error)
        elif self._trouble and not error:
            log.info("RabbitMQ's management API at %s answers again.", self._base)
        self._trouble = error


def _usual_url(parameters: pika.ConnectionParameters) -> str:
    # The default ports: https://www.rabbitmq.com/docs/networking#ports
    if parameters.ssl_options:
        return f"https://{parameters.host}:15671"
    return f"http://{parameters.host}:15672"


def _without_credentials(url: str, default: pika.PlainCredentials) -> tuple[str, str]:
    """Split a URL into an address that may be logged and an Authorization header.

    Raises SettingsError if it is not one of HTTP, without repeating it.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingsError(
            "RABBITMQ_MANAGEMENT_URL is not valid: it should look like http://host:15672."
        )
    user = unquote(parts.username or "") or default.username
    password = unquote(parts.password or "") or default.password
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    address = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, address, parts.path.rstrip("/"), "", "")), f"Basic {secret}"
