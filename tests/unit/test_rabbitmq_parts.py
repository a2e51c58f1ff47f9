"""Cases of RabbitMQ that a real broker does not produce on demand."""

import base64
import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import NoReturn

import pytest
from pika import BasicProperties
from pika.frame import Method
from pika.spec import Basic

from core.errors import QueueUnavailable
from core.settings import Settings
from tests.support.conditions import free_port
from wire.events.rabbitmq import Subscription
from wire.queues.rabbitmq import counts, management
from wire.queues.rabbitmq.backlog import Backlog
from wire.queues.rabbitmq.consumer import Consumer
from wire.queues.rabbitmq.counts import LastCount
from wire.queues.rabbitmq.management import Management
from wire.rabbitmq import channel as channel_module
from wire.rabbitmq.channel import Channel
from wire.rabbitmq.publisher import Publisher


@dataclass
class FakeChannel:
    """Runs requests at once; tests send confirms of the broker."""

    session: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(blocked=False))
    confirmed: list[object] = field(default_factory=list)
    confirm: object = None

    def request(self, start, _seconds: float = 0.0) -> type[Basic.Ack]:
        """Reply to every request with an acknowledgement; record the confirms."""
        raw = SimpleNamespace(
            add_on_return_callback=lambda _: None,
            confirm_delivery=lambda confirm, callback: vars(self).update(confirm=confirm),  # noqa: ARG005
            basic_publish=lambda *_, **__: None,
        )
        start(raw, self.confirmed.append)
        return Basic.Ack


@pytest.fixture
def channel() -> FakeChannel:
    """Return a channel with three unconfirmed messages."""
    channel = FakeChannel()
    publisher = Publisher(channel)
    for number in range(3):
        publisher.publish("", "tasks", b"", BasicProperties(message_id=str(number)))
    return channel


def ack(tag: int, multiple: bool) -> Method:
    return Method(1, Basic.Ack(tag, multiple))


def test_multiple_confirm_skips_confirmed_messages(channel: FakeChannel):
    """A broker may confirm the second message, then all three."""
    channel.confirm(ack(2, multiple=False))
    channel.confirm(ack(3, multiple=True))
    assert channel.confirmed == [Basic.Ack] * 3


def test_repeated_confirm_does_nothing(channel: FakeChannel):
    """A confirm for a confirmed or unknown message is ignored."""
    for tag in (1, 1, 9):
        channel.confirm(ack(tag, multiple=False))
    assert channel.confirmed == [Basic.Ack]


@dataclass
class StalledChannel:
    """A channel whose requests get no reply in time, so that they may never run."""

    is_open: bool = True

    def request(self, _call: object) -> NoReturn:
        """Fail as a request does whose time is over."""
        raise QueueUnavailable("It does not answer.")

    def post(self, call: object) -> None:
        """Run nothing."""

    def on_lost(self, callback: object) -> None:
        """Call nothing."""

    def close(self) -> None:
        """Close the channel."""
        self.is_open = False


def test_consumer_that_may_not_have_started_is_replaced():
    """A worker whose consumer was not confirmed does not wait for its messages for ever."""
    channel = StalledChannel()
    consumer = Consumer(channel, "tasks")
    with pytest.raises(QueueUnavailable):
        consumer.receive(1, timeout=0.01)
    assert not channel.is_open


@dataclass
class BusySession:
    """A connection whose thread runs nothing while it is busy."""

    is_open: bool = True
    is_busy: bool = False
    answers: bool = True
    delay_reason: str = "it does not answer"
    delayed: list[Callable[[], None]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    @property
    def connection(self) -> "BusySession":
        """The connection, which is its channel here, too."""
        return self

    def run(self, call: Callable[[], None]) -> None:
        """Run a call, or keep it."""
        self.delayed.append(call) if self.is_busy else call()

    def unreachable(self, reason: str) -> str:
        """Return the reason."""
        return reason

    def channel(self, on_open_callback: Callable[[object], None]) -> "BusySession":
        """Open a channel."""
        on_open_callback(self)
        return self

    def add_on_close_callback(self, callback: object) -> None:
        """Ignore the callback."""

    def close(self) -> None:
        """Note that the channel is closed."""
        self.closed.append("closed")


def test_channel_of_a_busy_connection_is_closed_later(monkeypatch: pytest.MonkeyPatch):
    """The messages of a channel that was given up return to the queue, however late."""
    monkeypatch.setattr(channel_module, "_CLOSE_TIMEOUT_SECONDS", 0.01)
    session = BusySession()
    channel = Channel(session)
    session.is_busy = True
    channel.close()
    assert not session.closed
    for call in session.delayed:
        call()
    assert session.closed == ["closed"]


def test_channels_of_a_silent_broker_are_closed_without_a_wait(monkeypatch: pytest.MonkeyPatch):
    """Once a request was not answered in time, no channel delays the end of the process."""
    monkeypatch.setattr(channel_module, "_CLOSE_TIMEOUT_SECONDS", 10.0)
    session = BusySession()
    channels = [Channel(session) for _ in range(3)]
    session.is_busy = True
    with pytest.raises(QueueUnavailable):
        channels[0].request(lambda *_: None, timeout=0.01)
    began = time.monotonic()
    for channel in channels:
        channel.close()
    assert time.monotonic() - began < 5
    for call in session.delayed:
        call()
    assert session.closed == ["closed"] * 3


@pytest.mark.parametrize("receiver", [Backlog, Subscription])
def test_receiver_that_may_not_have_started_leaves_no_channel(receiver: type):
    """A consumer that starts late and is not read would keep messages from the next one."""
    channel = StalledChannel()
    with pytest.raises(QueueUnavailable):
        receiver(channel)
    assert not channel.is_open


class Api(ThreadingHTTPServer):
    """A server that responds like RabbitMQ's management API, with the given ``status``."""

    status = 200
    authorization: str | None = ""
    answer: object = {"messages_ready": 1, "messages_unacknowledged": 1}

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.authorization = self.headers["Authorization"]
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def open_management(api: Api, credentials: str = "") -> Management:
    return Management(
        Settings(
            _env_file=None,
            rabbitmq_url="amqp://guest:guest@127.0.0.1/",
            rabbitmq_management_url=f"http://{credentials}127.0.0.1:{api.server_port}",
        )
    )


def test_credentials_may_contain_any_character(api: Api):
    """Percent-encoded credentials in the URL are decoded for the management API."""
    assert open_management(api, "us%40er:p%2Fss%3A%C5%BE@").unacknowledged("tasks", 0) == 2
    assert base64.b64decode(api.authorization.removeprefix("Basic ")).decode() == "us@er:p/ss:ž"


def test_failing_management_api_is_logged_once(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """The log has the first failure and the recovery, but no repeated failures."""
    monkeypatch.setattr(management, "_PAUSE_AFTER_FAILURE_SECONDS", 0)
    caplog.set_level(logging.INFO)
    client = open_management(api)
    for api.status in (200, 500, 500, 500, 200, 200, 500):
        client.unacknowledged("tasks", 0)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO", "WARNING"]


_NO_SUCH_QUEUE = {"error": "Object Not Found", "reason": "Not Found"}


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (401, {"error": "not_authorised"}, "refused the user and password; .*“management”"),
        (403, None, "may not read the virtual host"),
        (404, None, "enable the plugin rabbitmq_management, or set RABBITMQ_MANAGEMENT_URL"),
        (404, _NO_SUCH_QUEUE, "of the same broker as RABBITMQ_URL"),
        (301, None, r"redirects \(HTTP 301\)"),
        (503, None, "answered HTTP 503"),
        (200, "a page", "no management API; check host and port"),
    ],
)
def test_failure_of_the_management_api_names_cause_and_remedy(
    api: Api, status: int, answer: object, sentence: str
):
    """The page has the sentence with the depth, and the count is unknown, not zero."""
    api.status, api.answer = status, answer
    client = open_management(api)
    assert client.unacknowledged("tasks", 0) is None
    [warning] = client.warnings
    assert re.search(sentence, warning)
    assert "guest" not in warning


def test_unreachable_management_api_names_its_cause():
    """A refused connection is not an exception's name."""
    settings = Settings(
        _env_file=None,
        rabbitmq_url="amqp://guest:hunter2@127.0.0.1/",
        rabbitmq_management_url=f"http://127.0.0.1:{free_port()}",
    )
    client = Management(settings)
    assert client.unacknowledged("tasks", 0) is None
    assert "nothing listens there." in client.warnings[0]
    assert "hunter2" not in client.warnings[0]


def test_password_never_goes_to_a_proxy(api: Api, monkeypatch: pytest.MonkeyPatch):
    """Without TLS the request is sent directly, whatever HTTP_PROXY says."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{api.server_port}")
    monkeypatch.setenv("NO_PROXY", "")
    api.authorization = None
    settings = Settings(
        _env_file=None,
        rabbitmq_url="amqp://guest:hunter2@127.0.0.1/",
        rabbitmq_management_url="http://broker.invalid:15672",
    )
    assert Management(settings).unacknowledged("tasks", 0) is None
    assert api.authorization is None


def test_count_of_the_management_api_outlives_one_failure(monkeypatch):
    """A late or failed request makes no count zero; one that stays away makes it unknown."""
    count = LastCount()
    assert count.update(None) is None
    assert [count.update(each) for each in (3, None, 0, None)] == [3, 3, 0, 0]
    monkeypatch.setattr(counts, "_KEPT_SECONDS", 0.0)
    assert count.update(None) is None
