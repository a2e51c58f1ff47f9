"""`python -m tests.support.cluster`: run a cluster, or record a run in one."""

import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tests.support.cluster.cluster import Cluster
from tests.support.cluster.credentials import services_of
from tests.support.cluster.deployed import NAMESPACE, Deployed
from tests.support.cluster.node_pool import PoolSize
from tests.support.minio_server import MinioServer, minio_server_in
from tests.support.rabbitmq_server import RabbitServer, rabbit_server

_INSTRUCTIONS = """\
A cluster is running, with KEDA, a pool of simulated GPU nodes, RabbitMQ and MinIO. Logs: {folder}

    export KUBECONFIG={kubeconfig}
    make GPU=1 deploy-scaledobject   # or deploy-scaledjob
    kubectl -n {namespace} get pods,nodes --watch

A dashboard or a client on this machine:

    export RABBITMQ_URL={amqp} \\
      RABBITMQ_MANAGEMENT_URL={management} \\
      MINIO_ENDPOINT={minio.endpoint} MINIO_ACCESS_KEY={minio.access_key} \\
      MINIO_SECRET_KEY={minio.secret_key}
    make run-example

Ctrl+C stops all of it."""

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__)


@app.command()
def up() -> None:
    """Start a cluster and keep it until Ctrl+C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as (cluster, rabbitmq, minio),
    ):
        Deployed(cluster, rabbitmq, minio)  # only the credentials so far
        instructions = _INSTRUCTIONS.format(
            folder=folder,
            kubeconfig=cluster.control_plane.kubeconfig,
            namespace=NAMESPACE,
            amqp=rabbitmq.amqp_url(""),
            management=rabbitmq.management_url,
            minio=minio,
        )
        print(instructions, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            print("Stopping.", flush=True)


@app.command()
def record(file: Annotated[Path, typer.Argument(help="The file to write.")]) -> None:
    """Record the run of the talk: bursts, with workers and nodes from zero to all and back."""
    from tests.support.cluster import talk

    file.unlink(missing_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="cluster-", ignore_cleanup_errors=True) as folder,
        running(Path(folder), talk.SIZE, talk.PULL_SECONDS) as (cluster, rabbitmq, minio),
    ):
        deployed = Deployed(cluster, rabbitmq, minio)
        deployed.deploy("app")
        talk.record(deployed, file)


@contextmanager
def running(
    folder: Path, size: PoolSize | None = None, pull_seconds: float = 1.0
) -> Iterator[tuple[Cluster, RabbitServer, MinioServer]]:
    """Run a cluster and its servers."""
    folders = [folder / name for name in ("rabbitmq", "minio", "cluster")]
    for each in folders:
        each.mkdir()
    with ExitStack() as stack:
        rabbitmq, minio = rabbit_server(folders[0]), minio_server_in(folders[1])
        cluster = Cluster(folders[2], services_of(rabbitmq, minio), size, pull_seconds)
        for server in (rabbitmq, minio, cluster):
            stack.callback(server.stop)
            server.start()
        yield cluster, rabbitmq, minio


if __name__ == "__main__":
    app()
