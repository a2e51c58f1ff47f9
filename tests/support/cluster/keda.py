"""The real KEDA, beside a control plane: its operator and its metrics adapter."""

import shutil
import urllib.request
from pathlib import Path

from tests.support.cluster.control_plane import ControlPlane
from tests.support.cluster.server_process import INSTALL_HINT, ServerProcess
from tests.support.conditions import CACHE, free_port, need_program

CUSTOM_RESOURCES = CACHE / "keda-crds.yaml"
"""Written by `.ci/run`, from the same version as the operator."""

_NAMESPACE = "keda"


class Keda:
    """Runs KEDA against a control plane.

    Args:
        control_plane: a running one.
        proxy: the address of an HTTP proxy that resolves the cluster's Services.

    """

    def __init__(self, control_plane: ControlPlane, proxy: str) -> None:
        for program in ("keda-operator", "keda-adapter"):
            need_program(program, INSTALL_HINT)
        self._control_plane = control_plane
        self._environment = {
            "KEDA_CLUSTER_OBJECT_NAMESPACE": _NAMESPACE,
            "POD_NAMESPACE": _NAMESPACE,
            "WATCH_NAMESPACE": "",  # all namespaces; KEDA requires the variable
            "HTTP_PROXY": proxy,
        }
        self._certificates = self._certificate_folder()
        self._metrics_address = f"localhost:{free_port()}"
        self._adapter_port = free_port()
        self.operator = self._operator()
        self.adapter = self._adapter()

    def start(self) -> None:
        """Install KEDA's custom resources, start it, and wait until its metrics are served."""
        kubectl = self._control_plane.kubectl
        kubectl("apply", "--server-side", "--filename", str(CUSTOM_RESOURCES))
        self._control_plane.apply(self._registration())
        kubectl("wait", "--for=condition=Established", "--filename", str(CUSTOM_RESOURCES))
        for server in (self.operator, self.adapter):
            server.launch()
        for server in (self.operator, self.adapter):
            server.wait()

    def stop(self) -> None:
        """Stop both servers."""
        self.adapter.stop()
        self.operator.stop()

    def _operator(self) -> ServerProcess:
        health_port = free_port()
        arguments = [
            f"--kubeconfig={self._control_plane.kubeconfig}",
            "--leader-elect=false",
            "--enable-cert-rotation=false",
            "--enable-webhook-patching=false",
            "--metrics-bind-address=0",
            f"--health-probe-bind-address=127.0.0.1:{health_port}",
            f"--metrics-service-bind-address={self._metrics_address}",
            f"--cert-dir={self._certificates}",
        ]
        return ServerProcess(
            "keda-operator",
            arguments,
            self._control_plane.folder / "keda-operator.log",
            lambda: _answers(f"http://127.0.0.1:{health_port}/readyz"),
            self._environment,
        )

    def _adapter(self) -> ServerProcess:
        kubeconfig = self._control_plane.kubeconfig
        arguments = [
            f"--secure-port={self._adapter_port}",
            "--bind-address=127.0.0.1",
            f"--port={free_port()}",
            f"--metrics-service-address={self._metrics_address}",
            f"--cert-dir={self._certificates}",
            f"--tls-cert-file={self._certificates / 'tls.crt'}",
            f"--tls-private-key-file={self._certificates / 'tls.key'}",
            f"--client-ca-file={self._certificates / 'ca.crt'}",
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            f"--lister-kubeconfig={kubeconfig}",
        ]
        return ServerProcess(
            "keda-adapter",
            arguments,
            self._control_plane.folder / "keda-adapter.log",
            self._serves_metrics,
            self._environment,
        )

    def _serves_metrics(self) -> bool:
        """Return whether the API server reaches the adapter, as the HPA will."""
        path = "/apis/external.metrics.k8s.io/v1beta1"
        answer = self._control_plane.kubectl("get", "--raw", path, check=False)
        return "ExternalMetricValueList" in answer or "APIResourceList" in answer

    def _certificate_folder(self) -> Path:
        """Copy the certificates under the names that KEDA expects."""
        files = self._control_plane.certificates
        folder = self._control_plane.folder / "keda"
        folder.mkdir()
        shutil.copy(files.authority, folder / "ca.crt")
        shutil.copy(files.certificate("keda"), folder / "tls.crt")
        shutil.copy(files.key("keda"), folder / "tls.key")
        return folder

    def _registration(self) -> dict:
        """Return the namespace and the APIService of the adapter."""
        service = {"name": "keda-metrics-apiserver", "namespace": _NAMESPACE}
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _NAMESPACE}}
        # No cluster DNS resolves a Service; the system resolves an external name.
        local = {"type": "ExternalName", "externalName": "localhost"}
        registration = {
            "group": "external.metrics.k8s.io",
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "service": service | {"port": self._adapter_port},
            "insecureSkipTLSVerify": True,
        }
        items = [
            namespace,
            {"apiVersion": "v1", "kind": "Service", "metadata": service, "spec": local},
            {
                "apiVersion": "apiregistration.k8s.io/v1",
                "kind": "APIService",
                "metadata": {"name": "v1beta1.external.metrics.k8s.io"},
                "spec": registration,
            },
        ]
        return {"apiVersion": "v1", "kind": "List", "items": items}


def _answers(url: str) -> bool:
    try:
        return urllib.request.urlopen(url, timeout=2).status == 200
    except OSError:
        return False
