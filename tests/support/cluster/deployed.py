"""The app in a test cluster, deployed by the script behind `make deploy`, or by kubectl alone."""

import base64
import json
import os
import re
import subprocess
from pathlib import Path

from core.settings import Settings
from tests.support.cluster.cluster import Cluster
from tests.support.cluster.credentials import secrets_of
from tests.support.conditions import CACHE, wait_until
from tests.support.minio_server import MinioServer
from tests.support.rabbitmq_server import RabbitServer

NAMESPACE = "stable-diffusion"
_K8S = Path(__file__).parents[3] / "k8s"
_SERVERS = ("rabbitmq", "minio")


class Deployed:
    """Deploys parts of the app and queries their objects.

    Args:
        cluster: the cluster.
        rabbitmq: the broker; its default vhost is used.
        minio: the store.

    """

    def __init__(self, cluster: Cluster, rabbitmq: RabbitServer, minio: MinioServer) -> None:
        self.cluster = cluster
        self.kubectl = cluster.control_plane.kubectl
        self._rabbitmq = rabbitmq
        self._minio = minio
        self.settings = Settings(
            _env_file=None,
            rabbitmq_url=rabbitmq.amqp_url(""),
            rabbitmq_management_url=rabbitmq.management_url,
            minio_endpoint=minio.endpoint,
            minio_access_key=minio.access_key,
            minio_secret_key=minio.secret_key,
        )
        self.kubectl("create", "namespace", NAMESPACE)
        cluster.control_plane.apply(secrets_of(NAMESPACE, "", rabbitmq, minio))

    def deploy(self, part: str, overlay: str = "gpu", **variables: str) -> None:
        """Run `make deploy-<part>`; fail the test with its output."""
        self._run("deploy.sh", part, OVERLAY=overlay, **variables)

    def apply(self, overlay: str = "gpu") -> None:
        """Run `kubectl apply -k` of an overlay."""
        self.kubectl("apply", "--kustomize", str(_K8S / "overlays" / overlay))

    def remove(self) -> None:
        """Run `PURGE=1 make undeploy`; remove the namespace, and the queues of the broker, too."""
        self._run("undeploy.sh", PURGE="1")
        self.kubectl("delete", "namespace", NAMESPACE)
        for queue in self._rabbitmq.api("GET", "queues/%2F").json():
            if queue["durable"]:  # the others end with their connections
                self._rabbitmq.api("DELETE", f"queues/%2F/{queue['name']}")

    def secret(self, name: str) -> dict[str, str]:
        """Return the data of a Secret, once it exists."""

        def found() -> list[dict]:
            return [each for each in self.objects("secrets") if each["metadata"]["name"] == name]

        (secret,) = wait_until(found, what=f"Secret {name} exists")
        return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}

    def admit_users(self) -> None:
        """Give the servers the users of the Secrets, as their pods do at each start."""
        broker, store = map(self.secret, _SERVERS)
        self._rabbitmq.admit(broker)
        for role, prefix in (("dashboard", ""), ("worker", "worker-")):
            self._minio.admit(role, store[f"{prefix}secret-key"], self.settings.minio_bucket)

    def patch(self, kind: str, **spec: object) -> None:
        """Patch the spec of the object named ``worker``."""
        patch = json.dumps({"spec": spec})
        self.kubectl("-n", NAMESPACE, "patch", kind, "worker", "--type=merge", "--patch", patch)

    def generations(self) -> dict[str, int]:
        """Return how often the spec of each Deployment and StatefulSet has changed."""
        metadata = [each["metadata"] for each in self.objects("deployments", "statefulsets")]
        return {each["name"]: each["generation"] for each in metadata}

    def _run(self, script: str, *arguments: str, **variables: str) -> None:
        programs = f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}"
        kubeconfig = str(self.cluster.control_plane.kubeconfig)
        own = {"PATH": programs, "HOME": os.environ["HOME"], "KUBECONFIG": kubeconfig}
        done = subprocess.run(
            ["bash", _K8S / "scripts" / script, *arguments],
            env=own | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr + self._volumes()

    def _volumes(self) -> str:
        """Return what a deployment that waits for its volumes needs in order to be understood."""
        volumes = ("persistentvolumes,persistentvolumeclaims", "--output=wide", "--all-namespaces")
        log = self.cluster.control_plane.folder / "kube-controller-manager.log"
        return self.kubectl("get", *volumes, check=False) + log.read_text()[-8000:]

    def objects(self, *kinds: str) -> list[dict]:
        """Return the objects of some kinds, as `kubectl get` prints them."""
        text = self.kubectl("-n", NAMESPACE, "get", ",".join(kinds), "--output=json")
        return json.loads(text)["items"]

    def dashboard_url(self) -> str:
        """Return where the dashboard's pod answers on this machine, from its log."""
        names = [pod["metadata"]["name"] for pod in self.objects("pods")]
        (name,) = [name for name in names if name.startswith("dashboard-")]
        log = self.cluster.control_plane.folder / "pods" / name / "log"
        return re.findall(r"Open (http://[\w.]+:[0-9]+)", log.read_text())[-1]

    def login(self) -> Path:
        """Return a kubeconfig with a new token of the dashboard's ServiceAccount."""
        return self.cluster.control_plane.kubeconfig_of("dashboard", NAMESPACE)
