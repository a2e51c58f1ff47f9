"""`python -m dashboard.cli.create_secrets rabbitmq minio`: the Job `credentials` of k8s/base.

Creates the Secrets of the servers in the cluster, with random passwords. A Secret that exists is
kept, because running pods have its passwords. The Job may create Secrets, and read none.
"""

import json
import secrets
import string
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import ApplicationError, FleetError
from core.settings import load_settings
from dashboard.fleet.kubernetes.client import ListFailed, Object, connect, request

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_PASSWORD_CHARACTERS = string.ascii_letters + string.digits
"""KEDA accepts no others in an address."""
_PASSWORD_LENGTH = 32
_STATUS_CONFLICT = 409

Data = dict[str, str]


class Server(StrEnum):
    """A server of the overlay; its Secret has the same name."""

    RABBITMQ = "rabbitmq"
    MINIO = "minio"


def main(servers: Annotated[list[Server] | None, typer.Argument()] = None) -> None:
    """Create the Secrets of these servers, unless they exist."""
    try:
        _create_all(servers or ())
    except ApplicationError as error:
        sys.exit(str(error))


def _create_all(servers: Iterable[Server]) -> None:
    namespace = load_settings().kube_namespace
    for server in servers:
        print(create(connect(1), namespace, server, DATA[server](namespace)), flush=True)


def create(api: "ApiClient", namespace: str, name: str, data: Data) -> str:
    """Create a Secret; return what was done. Raises FleetError."""
    try:
        request(api, "POST", f"/api/v1/namespaces/{namespace}/secrets", body=secret(name, data))
    except ListFailed as error:
        if error.status == _STATUS_CONFLICT:
            return f"Secret {name} is kept."
        raise FleetError(f"Secret {name} was not created. {error}") from None
    return f"Secret {name} is new."


def secret(name: str, data: Data) -> Object:
    """Return a Secret for a server in the cluster."""
    metadata = {
        "name": name,
        "labels": {"app.kubernetes.io/part-of": "stable-diffusion"},
        "annotations": {"stable-diffusion-live/for": "inside"},
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data}


def rabbitmq_data(namespace: str) -> Data:
    """Return the broker's users, whose rights are in its permissions.json, and their URLs."""
    tags = {"dashboard": "", "worker": "", "monitoring": "management"}
    passwords = {name: random_password() for name in tags}
    users = [{"name": name, "password": passwords[name], "tags": tag} for name, tag in tags.items()]
    # KEDA runs in another namespace, so it needs the longer name; without the slash at the end
    # it would use a virtual host with an empty name.
    management = f"rabbitmq.{namespace}.svc:15672/"
    return {
        "amqp-url": f"amqp://dashboard:{passwords['dashboard']}@rabbitmq:5672/",
        "worker-amqp-url": f"amqp://worker:{passwords['worker']}@rabbitmq:5672/",
        "management-url": f"http://monitoring:{passwords['monitoring']}@{management}",
        "users.json": json.dumps({"users": users}),
    }


def minio_data(_: str) -> Data:
    """Return the store's root user, for administrators, and the users of dashboard and workers."""
    return {
        "root-user": "root",
        "root-password": random_password(),
        "access-key": "dashboard",
        "secret-key": random_password(),
        "worker-access-key": "worker",
        "worker-secret-key": random_password(),
    }


def random_password() -> str:
    """Return letters and digits."""
    return "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(_PASSWORD_LENGTH))


DATA: dict[Server, Callable[[str], Data]] = {
    Server.RABBITMQ: rabbitmq_data,
    Server.MINIO: minio_data,
}
"""The data of a server's Secret in a namespace."""


if __name__ == "__main__":
    typer.run(main)
