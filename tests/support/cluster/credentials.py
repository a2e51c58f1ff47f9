"""The Services and Secrets that connect a cluster to the tests' own servers.

`make deploy` keeps Secrets that exist, so what it deploys then uses these servers.
"""

from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import PASSWORD, USER, RabbitServer


def services_of(rabbitmq: RabbitServer, minio: MinioServer) -> dict[str, str]:
    """Return the addresses of the Services in the manifests."""
    return {
        "rabbitmq:5672": f"127.0.0.1:{rabbitmq.port}",
        "rabbitmq:15672": f"127.0.0.1:{rabbitmq.management_port}",
        "minio:9000": minio.endpoint,
    }


def secrets_of(namespace: str, vhost: str, minio: MinioServer) -> dict:
    """Return the Secrets of a namespace with a vhost of its own."""
    rabbitmq = {
        "username": USER,
        "password": PASSWORD,
        "amqp-url": f"amqp://{USER}:{PASSWORD}@rabbitmq:5672/{vhost}",
        "management-url": f"http://{USER}:{PASSWORD}@rabbitmq.{namespace}.svc:15672/{vhost}",
    }
    store = {"access-key": minio.access_key, "secret-key": minio.secret_key}
    items = [_secret(namespace, "rabbitmq", rabbitmq), _secret(namespace, "minio", store)]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _secret(namespace: str, name: str, data: dict[str, str]) -> dict:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}
