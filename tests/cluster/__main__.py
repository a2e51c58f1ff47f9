"""`python -m tests.cluster up`: a cluster to play with, until Ctrl+C."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import typer

from tests.cluster.cluster import Cluster
from tests.cluster.credentials import secrets_of, services_of
from tests.minio_server import MinioServer, minio_server_in
from tests.rabbitmq_server import RabbitServer, rabbit_server

_NAMESPACE = "stable-diffusion"

_WORDS = """\
A cluster runs, with KEDA, a pool of made-up GPU machines, RabbitMQ and MinIO. Logs: {folder}

    export KUBECONFIG={kubeconfig}
    make GPU=1 deploy-scaledobject   # or deploy-scaledjob
    kubectl -n {namespace} get pods,nodes --watch

A dashboard or a client on this machine:

    export RABBITMQ_URL={amqp} \\
      RABBITMQ_MANAGEMENT_URL={management} \\
      MINIO_ENDPOINT={minio.endpoint} MINIO_ACCESS_KEY={minio.access_key} \\
      MINIO_SECRET_KEY={minio.secret_key}
    make run-example

Ctrl+C ends all of it."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.callback()
def _commands() -> None:
    """Say that there are commands, even while there is one."""


@app.command()
def up() -> None:
    """Start a cluster and keep it until Ctrl+C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as (cluster, rabbitmq, minio),
    ):
        words = _WORDS.format(
            folder=folder,
            kubeconfig=cluster.control_plane.kubeconfig,
            namespace=_NAMESPACE,
            amqp=rabbitmq.amqp_url(""),
            management=rabbitmq.management_url,
            minio=minio,
        )
        print(words, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("Stopping.", flush=True)


@contextmanager
def running(folder: Path) -> Iterator[tuple[Cluster, RabbitServer, MinioServer]]:
    """Run a cluster and its servers, with credentials where `make deploy` looks for them."""
    parts = [folder / name for name in ("rabbitmq", "minio", "cluster")]
    for part in parts:
        part.mkdir()
    with ExitStack() as stack:
        rabbitmq, minio = rabbit_server(parts[0]), minio_server_in(parts[1])
        cluster = Cluster(parts[2], services_of(rabbitmq, minio))
        for part in (rabbitmq, minio, cluster):
            stack.callback(part.stop)
            part.start()
        cluster.control_plane.kubectl("create", "namespace", _NAMESPACE)
        cluster.control_plane.apply(secrets_of(_NAMESPACE, "", minio))
        yield cluster, rabbitmq, minio


if __name__ == "__main__":
    app()
