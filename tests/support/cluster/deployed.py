"""The app in a test cluster, deployed by the command that people use."""

import json
import os
import subprocess
from pathlib import Path

from core.settings import Settings
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.credentials import secrets_of
from tests.support.conditions import CACHE
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer

NAMESPACE = "stable-diffusion"
_DEPLOY = Path(__file__).parents[3] / "k8s" / "scripts" / "deploy.sh"


class Deployed:
    """What `make deploy` and its kin made, and what is in it.

    Args:
        cluster: where.
        rabbitmq: the broker; the default vhost is used, as in a cluster of people's own.
        minio: the store.

    """

    def __init__(self, cluster: Cluster, rabbitmq: RabbitServer, minio: MinioServer) -> None:
        self.cluster = cluster
        self.kubectl = cluster.control_plane.kubectl
        self.settings = Settings(
            _env_file=None,
            rabbitmq_url=rabbitmq.amqp_url(""),
            rabbitmq_management_url=rabbitmq.management_url,
            minio_endpoint=minio.endpoint,
            minio_access_key=minio.access_key,
            minio_secret_key=minio.secret_key,
        )
        self.kubectl("create", "namespace", NAMESPACE)
        cluster.control_plane.apply(secrets_of(NAMESPACE, "", minio))

    def deploy(self, part: str, overlay: str = "gpu") -> None:
        """Do what `make deploy-<part>` does; fails the test with what it printed."""
        programs = f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}"
        own = {"KUBECONFIG": str(self.cluster.control_plane.kubeconfig), "OVERLAY": overlay}
        done = subprocess.run(
            ["bash", _DEPLOY, part],
            env={"PATH": programs, "HOME": os.environ["HOME"]} | own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def patch(self, kind: str, **spec: object) -> None:
        """Change the spec of the scaler, or of what is called like it."""
        patch = json.dumps({"spec": spec})
        self.kubectl("-n", NAMESPACE, "patch", kind, "worker", "--type=merge", "--patch", patch)

    def objects(self, *kinds: str) -> list[dict]:
        """Return objects of some kinds as kubectl tells them, those of nodes among them."""
        text = self.kubectl("-n", NAMESPACE, "get", ",".join(kinds), "--output=json")
        return json.loads(text)["items"]

    def login(self) -> Path:
        """Return a kubeconfig with a fresh token of the dashboard's ServiceAccount."""
        return self.cluster.control_plane.kubeconfig_of("dashboard", NAMESPACE)
