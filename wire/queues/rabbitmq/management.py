"""Count unacknowledged jobs with RabbitMQ's management API, since AMQP does not report them.

Queues emit their statistics every five seconds and the API collects them every five seconds
(https://www.rabbitmq.com/docs/management#statistics-interval), so counts may be ten seconds old.
"""

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

import pika
from urllib3 import BaseHTTPResponse, Timeout, make_headers
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from core.errors import QueueUnavailable, SettingsError
from core.network.http import explain_request, pool_for
from core.network.urls import PERCENT_ENCODE, checked_url
from core.settings import Settings
from wire.rabbitmq.connection import connection_parameters

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 2.0
_PAUSE_AFTER_FAILURE_SECONDS = 10.0
"""An unreachable API must not slow down the count of ready jobs."""

_ANSWERS = {
    401: "it refused the user and password; set those of a user with the tag “management” in "
    "RABBITMQ_MANAGEMENT_URL",
    403: "this user may not read the virtual host; give it the tag “management” and permissions",
    404: "there is no management API; enable the plugin rabbitmq_management, or set "
    "RABBITMQ_MANAGEMENT_URL to its address, with its path if it has one",
}
_NO_QUEUE = (
    "it does not know this virtual host or queue; check that RABBITMQ_MANAGEMENT_URL is of the "
    "same broker as RABBITMQ_URL"
)
_NO_API = "what answers there is no management API; check host and port of RABBITMQ_MANAGEMENT_URL"


class Management:
    """Client of the management API of the broker at RABBITMQ_URL."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if RABBITMQ_MANAGEMENT_URL is not an HTTP URL."""
        parameters = connection_parameters(settings.rabbitmq_url)
        self._virtual_host = parameters.virtual_host
        self._vhost = quote(parameters.virtual_host, safe="")
        configured = settings.rabbitmq_management_url
        url = _parse(configured.get_secret_value()) if configured else _default_url(parameters)
        self._base = Url(url.scheme, None, url.host, url.port, (url.path or "").rstrip("/")).url
        self._http = pool_for(
            self._base,
            Timeout(total=_TIMEOUT_SECONDS),
            retries=False,
            headers=make_headers(
                basic_auth=_credentials(url, parameters), basic_auth_encoding="utf-8"
            ),
            carries_password=True,
        )
        self._paused_until = 0.0
        self._error: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why the newest request failed, in sentences; empty after success."""
        return (self._error,) if self._error else ()

    def unacknowledged(self, queue_name: str, ready: int | None) -> int | None:
        """Count the unacknowledged messages of a queue, given its ready messages; None if unknown.

        Both counts of the API are from the same, earlier moment. Their sum changes only when a job
        is published or finished, so what is missing from it in ``ready`` was delivered since: a
        delivery is counted at once, and an acknowledgement a little late. Without ``ready``, the
        count is the API's: messages that were moved to another queue are missing as well.
        """
        match self._get(f"/api/queues/{self._vhost}/{quote(queue_name, safe='')}"):
            case {"messages_ready": int(older_ready), "messages_unacknowledged": int(older)}:
                return older if ready is None else max(0, older_ready + older - ready)
        # A queue that has emitted no statistics yet has no counts; they are unknown, not zero.
        return None

    def close_connections(self) -> int:
        """Close the virtual host's connections that this user may close; return their number.

        Raises QueueUnavailable if they cannot be listed.
        """
        # The virtual host's own list lacks connections that have emitted no statistics yet.
        listed, reason = self._request("/api/connections", list)
        if reason:
            raise QueueUnavailable(f"RabbitMQ's management API at {self._base} failed: {reason}.")
        own = [each["name"] for each in listed if each.get("vhost") == self._virtual_host]
        return sum(self._close(name) for name in own)

    def _close(self, connection: str) -> bool:
        path = f"{self._base}/api/connections/{quote(connection, safe='')}"
        headers = {**self._http.headers, "X-Reason": "fault injection"}
        try:
            answer = self._http.request("DELETE", path, headers=headers, redirect=False)
        except HTTPError:
            return False
        return answer.status == HTTPStatus.NO_CONTENT

    def _get(self, path: str) -> Any:
        if time.monotonic() < self._paused_until:
            return None
        answer, reason = self._request(path)
        if reason:
            self._paused_until = time.monotonic() + _PAUSE_AFTER_FAILURE_SECONDS
        self._log_change(reason and f"RabbitMQ's management API at {self._base} failed: {reason}.")
        return answer

    def _request(self, path: str, expected: type = Mapping) -> tuple[Any, str | None]:
        """Return the answer, or the reason for having none."""
        try:
            # The header with the password must not follow a redirect to another host.
            response = self._http.request("GET", self._base + path, redirect=False)
        except HTTPError as failure:
            return None, explain_request(failure, self._base)
        answer = _json(response)
        if response.status == HTTPStatus.OK:
            return (answer, None) if isinstance(answer, expected) else (None, _NO_API)
        return None, _explain_status(response, answer)

    def _log_change(self, error: str | None) -> None:
        if error and error != self._error:
            log.warning("%s", error)
        elif self._error and not error:
            log.info("RabbitMQ's management API at %s is available again.", self._base)
        self._error = error


def _json(response: BaseHTTPResponse) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _explain_status(response: BaseHTTPResponse, answer: Any) -> str:
    if response.status == 404 and isinstance(answer, Mapping):
        return _NO_QUEUE
    if 300 <= response.status < 400:
        return (
            f"it redirects (HTTP {response.status}); set RABBITMQ_MANAGEMENT_URL to where it leads"
        )
    known = _ANSWERS.get(response.status)
    return f"{known} (HTTP {response.status})" if known else f"it answered HTTP {response.status}"


def _parse(url: str) -> Url:
    """Parse an HTTP URL. Raises SettingsError, whose message does not contain the URL."""
    try:
        checked_url(url)
        parsed = parse_url(url)
    except ValueError as error:  # LocationParseError is one too
        advice = str(error) if str(error) == PERCENT_ENCODE else ""
        parsed = Url()
    else:
        advice = ""
    if parsed.scheme not in ("http", "https") or not parsed.host:
        advice = advice or "it should look like http://host:15672"
        raise SettingsError(f"RABBITMQ_MANAGEMENT_URL is not valid: {advice}.")
    return parsed


def _default_url(parameters: pika.URLParameters) -> Url:
    # The default ports: https://www.rabbitmq.com/docs/networking#ports
    host = f"[{parameters.host}]" if ":" in parameters.host else parameters.host
    if parameters.ssl_options:
        return Url("https", host=host, port=15671)
    return Url("http", host=host, port=15672)


def _credentials(url: Url, parameters: pika.URLParameters) -> str:
    """Return ``user:password`` of the URL, by default those of RABBITMQ_URL."""
    user, _, password = (url.auth or "").partition(":")
    # A client certificate instead of a password has neither.
    default = parameters.credentials
    user = unquote(user) or getattr(default, "username", "")
    return f"{user}:{unquote(password) or getattr(default, 'password', '')}"
