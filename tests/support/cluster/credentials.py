"""The Services and Secrets that connect a cluster to the tests' own servers.

`make deploy` keeps Secrets that exist, so what it deploys then uses these servers.
"""

import re

from core.settings import Settings
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer


def services_of(rabbitmq: RabbitServer, minio: MinioServer) -> dict[str, str]:
    """Return the addresses of the Services in the manifests."""
    return {
        "rabbitmq:5672": f"127.0.0.1:{rabbitmq.port}",
        "rabbitmq:15672": f"127.0.0.1:{rabbitmq.management_port}",
        "minio:9000": minio.endpoint,
    }


def secrets_of(namespace: str, vhost: str, rabbitmq: RabbitServer, minio: MinioServer) -> dict:
    """Return the Secrets of a namespace, for a vhost and with the rights that pods have."""
    rabbitmq.grant(vhost or "/")
    broker = {
        key: re.sub("/$", f"/{vhost}", rabbitmq.secret[key])
        for key in ("amqp-url", "worker-amqp-url", "management-url")
    }
    broker["management-url"] = broker["management-url"].replace(
        ".stable-diffusion.", f".{namespace}."
    )
    items = [_secret(namespace, "rabbitmq", broker), _secret(namespace, "minio", _keys(minio))]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _keys(minio: MinioServer) -> dict[str, str]:
    bucket = Settings(_env_file=None).minio_bucket
    minio.create_bucket(bucket)
    return {
        f"{prefix}{setting.removeprefix('minio_').replace('_', '-')}": value
        for prefix, role in (("", "dashboard"), ("worker-", "worker"))
        for setting, value in minio.keys_of(role, bucket).items()
    }


def _secret(namespace: str, name: str, data: dict[str, str]) -> dict:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
