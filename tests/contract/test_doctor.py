"""`make doctor` finds faults that are planted into a real broker and a real store."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from core.settings import Settings
from doctor.check import Result
from doctor.queue import check_management, check_queue
from doctor.store import check_store
from tests.support.conditions import free_port
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import PASSWORD, USER, RabbitServer, settings_for
from tests.unit.test_doctor import result_of
from wire.backends import open_store
from wire.messages.names import QUEUE


def failure(check: Callable[[Settings], Result], given: Settings) -> str:
    """Return the sentence of a check, which has to fail."""
    result = result_of(check, given)
    assert result.state == "failed"
    return result.text


def test_broker_in_order_is_ok(rabbitmq_settings: Settings):
    """Login, virtual host, declaration, publishing and the management API are checked."""
    result = result_of(check_queue, rabbitmq_settings)
    assert result.state == "ok"
    assert "0 waiting, 0 failed" in result.text
    assert result_of(check_management, rabbitmq_settings).state == "ok"


def test_wrong_password_is_found(rabbitmq: RabbitServer, rabbitmq_url: str):
    """The broker refuses the password, which is not printed."""
    url = rabbitmq_url.replace(f":{PASSWORD}@", ":hunter2-and-more@")
    assert "refused the user and password" in failure(check_queue, settings_for(rabbitmq, url))


def test_missing_virtual_host_is_found(rabbitmq: RabbitServer):
    """The virtual host of the URL does not exist."""
    given = settings_for(rabbitmq, rabbitmq.amqp_url("nowhere"))
    sentence = failure(check_queue, given)
    assert "virtual host" in sentence or "vhost" in sentence


def test_queue_with_other_properties_is_found(
    rabbitmq: RabbitServer, rabbitmq_vhost: str, rabbitmq_settings: Settings
):
    """An older client declared the queue with other arguments."""
    declared = {"durable": True, "arguments": {}}
    rabbitmq.api("PUT", f"queues/{rabbitmq_vhost}/{QUEUE}", json=declared)
    assert "with other properties" in failure(check_queue, rabbitmq_settings)


def test_user_without_permission_is_found(
    rabbitmq: RabbitServer, rabbitmq_vhost: str, rabbitmq_settings: Settings
):
    """A user that may declare and read, but not publish, cannot submit jobs."""
    assert result_of(check_queue, rabbitmq_settings).state == "ok"
    user = f"user-{rabbitmq_vhost}"
    rabbitmq.api("PUT", f"users/{user}", json={"password": "hunter2-and-more", "tags": ""})
    rights = {"configure": ".*", "write": "^tasks", "read": ".*"}
    rabbitmq.api("PUT", f"permissions/{rabbitmq_vhost}/{user}", json=rights)
    url = rabbitmq.amqp_url(rabbitmq_vhost).replace(
        f"{USER}:{PASSWORD}@", f"{user}:hunter2-and-more@"
    )
    given = settings_for(rabbitmq, url)
    assert "permissions configure, write and read" in failure(check_queue, given)
    assert "RABBITMQ_MANAGEMENT_URL" in failure(check_management, given)


def test_management_api_that_is_down_is_found(rabbitmq_url: str):
    """The queue is in order without it, but jobs in progress are unknown."""
    elsewhere = f"http://127.0.0.1:{free_port()}"
    given = Settings(_env_file=None, rabbitmq_url=rabbitmq_url, rabbitmq_management_url=elsewhere)
    assert result_of(check_queue, given).state == "ok"
    assert "nothing listens there" in failure(check_management, given)


def test_broker_with_a_full_disk_is_found(rabbitmq: RabbitServer, rabbitmq_settings: Settings):
    """A broker with a disk alarm blocks whoever publishes."""
    with disk_alarm(rabbitmq):
        assert "memory or disk is short" in failure(check_queue, rabbitmq_settings)
    assert result_of(check_queue, rabbitmq_settings).state == "ok"


@contextmanager
def disk_alarm(rabbitmq: RabbitServer) -> Iterator[None]:
    """Require more free space than any disk has."""
    _set_disk_limit(rabbitmq, "1000000GB")
    try:
        yield
    finally:
        _set_disk_limit(rabbitmq, "1MB")


def _set_disk_limit(rabbitmq: RabbitServer, limit: str) -> None:
    program = shutil.which("rabbitmqctl", path="/usr/lib/rabbitmq/bin") or "rabbitmqctl"
    node = f"tests-{rabbitmq.port}@localhost"
    command = [program, "--node", node, "set_disk_free_limit", limit]
    subprocess.run(command, env=rabbitmq._environment(), check=True, capture_output=True)


def test_store_in_order_is_ok_and_stays_empty(minio_settings: Settings):
    """The probe is removed again."""
    assert result_of(check_store, minio_settings).state == "ok"
    assert list(open_store(minio_settings).entries()) == []


ALL_RIGHTS = ("ListBucket", "GetBucketLocation", "GetObject", "PutObject", "DeleteObject")


@pytest.mark.parametrize("missing", ["ListBucket", "GetObject", "PutObject", "DeleteObject"])
def test_missing_right_is_found(minio: MinioServer, missing: str):
    """A key without one of the rights: which one is named."""
    given = minio.settings()
    open_store(given).put("a", b"", "text/plain")
    rights = [right for right in ALL_RIGHTS if right != missing]
    keys = minio.keys_with(given.minio_bucket, rights)
    limited = minio.settings(minio_bucket=given.minio_bucket, **keys)
    assert f"lacks the right s3:{missing}" in failure(check_store, limited)


def test_bucket_that_cannot_be_created_is_found(minio: MinioServer):
    """A key for one bucket does not create another."""
    given = minio.settings()
    keys = minio.keys_with(given.minio_bucket, [*ALL_RIGHTS])
    other = minio.settings(minio_bucket="another-bucket", **keys)
    assert "lacks the right s3:" in failure(check_store, other)


def test_store_with_another_secret_key_is_found(minio: MinioServer):
    """The store does not accept the secret key, which is not printed."""
    given = minio.settings(minio_secret_key="hunter2-and-more")
    assert "check MINIO_SECRET_KEY" in failure(check_store, given)


def test_port_of_another_server_is_found(rabbitmq: RabbitServer, minio: MinioServer):
    """MINIO_ENDPOINT names RabbitMQ's management API."""
    given = minio.settings(minio_endpoint=f"127.0.0.1:{rabbitmq.management_port}")
    assert "no S3 API" in failure(check_store, given)
