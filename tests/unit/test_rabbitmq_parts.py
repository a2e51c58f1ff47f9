"""Parts of the RabbitMQ side whose cases a real broker does not give on demand."""

import base64
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from pika import BasicProperties
from pika.frame import Method
from pika.spec import Basic

from core.settings import Settings
from wire.queues.rabbitmq import management
from wire.queues.rabbitmq.management import Management
from wire.rabbitmq.publisher import Publisher


@dataclass
class StandInChannel:
    """Runs what a publisher asks for at once, and lets a test speak as the broker."""

    session: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(blocked=False))
    confirmed: list[object] = field(default_factory=list)
    confirm: object = None

    def request(self, start, _seconds: float = 0.0) -> type[Basic.Ack]:
        """Answer every request with an acknowledgement; keep what the broker's would say."""
        raw = SimpleNamespace(
            add_on_return_callback=lambda _: None,
            confirm_delivery=lambda confirm, callback: vars(self).update(confirm=confirm),  # noqa: ARG005
            basic_publish=lambda *_, **__: None,
        )
        start(raw, self.confirmed.append)
        return Basic.Ack


@pytest.fixture
def channel() -> StandInChannel:
    """Have a channel on which three messages wait for their confirms."""
    made = StandInChannel()
    publisher = Publisher(made)
    for number in range(3):
        publisher.publish("", "tasks", b"", BasicProperties(message_id=str(number)))
    return made


def ack(tag: int, multiple: bool) -> Method:
    return Method(1, Basic.Ack(tag, multiple))


def test_one_confirm_for_many_leaves_out_those_that_had_their_own(channel: StandInChannel):
    """A broker that confirms the second message, then all three, breaks no connection."""
    channel.confirm(ack(2, multiple=False))
    channel.confirm(ack(3, multiple=True))
    assert channel.confirmed == [Basic.Ack] * 3


def test_a_confirm_that_comes_twice_is_harmless(channel: StandInChannel):
    """What is confirmed already, or was never sent, is passed over."""
    for tag in (1, 1, 9):
        channel.confirm(ack(tag, multiple=False))
    assert channel.confirmed == [Basic.Ack]


class Api(ThreadingHTTPServer):
    """Answers as RabbitMQ's management API does, or fails, as ``status`` says."""

    status = 200
    asked_by = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked_by = self.headers["Authorization"]
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps({"messages_ready": 1, "messages_unacknowledged": 1}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def managed_at(api: Api, credentials: str = "") -> Management:
    return Management(
        Settings(
            _env_file=None,
            rabbitmq_url="amqp://guest:guest@127.0.0.1/",
            rabbitmq_management_url=f"http://{credentials}127.0.0.1:{api.server_port}",
        )
    )


def test_a_password_may_hold_any_character(api: Api):
    """What a URL must spell with percent signs reaches the management API as it is meant."""
    assert managed_at(api, "us%40er:p%2Fss%3A%C5%BE@").unacknowledged("tasks", 0) == 2
    assert base64.b64decode(api.asked_by.removeprefix("Basic ")).decode() == "us@er:p/ss:ž"


def test_a_silent_management_api_is_logged_once(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    """The log says when the leased jobs become unknown and when they are known again."""
    monkeypatch.setattr(management, "_PAUSE_AFTER_FAILURE_SECONDS", 0)
    caplog.set_level(logging.INFO)
    managed = managed_at(api)
    for api.status in (200, 500, 500, 500, 200, 200, 500):
        managed.unacknowledged("tasks", 0)
    levels = [record.levelname for record in caplog.records]
    assert levels == ["WARNING", "INFO", "WARNING"]
