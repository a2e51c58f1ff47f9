"""A real Kubernetes control plane on free ports of this machine, without any container.

etcd, API server, controller manager and scheduler are the real programs; `.ci/run` builds
them. It has no nodes of its own: see `kubelet.py`.
"""

import json
import ssl
import subprocess
import urllib.request
from pathlib import Path

from tests.support.cluster.certificates import Certificates
from tests.support.cluster.kubeconfig import write_administrator, write_bearer
from tests.support.cluster.server_process import INSTALL_HINT, ServerProcess
from tests.support.conditions import free_port, need_program

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")

_ISSUER = "https://kubernetes.default.svc"


class ControlPlane:
    """The four servers, each of which can be stopped and restarted."""

    def __init__(self, folder: Path) -> None:
        programs = {name: need_program(name, INSTALL_HINT) for name in PROGRAMS}
        self._kubectl = programs["kubectl"]
        self.folder = folder
        self.certificates = Certificates(folder / "certificates")
        self.url = f"https://127.0.0.1:{free_port()}"
        self.kubeconfig = write_administrator(folder / "kubeconfig", self.url, self.certificates)
        self._client_tls = self._tls()
        self.etcd = self._etcd()
        self.api_server = self._api_server()
        self.controller_manager = self._controller_manager()
        self.scheduler = self._scheduler()
        self._servers = (self.etcd, self.api_server, self.controller_manager, self.scheduler)

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        self.etcd.start()
        self.api_server.start()
        for server in (self.controller_manager, self.scheduler):
            server.launch()
        for server in (self.controller_manager, self.scheduler):
            server.wait()

    def stop(self) -> None:
        """Stop everything."""
        for server in reversed(self._servers):
            server.stop()

    def kubectl(
        self,
        *arguments: str,
        text: str | None = None,
        check: bool = True,
        kubeconfig: Path | None = None,
    ) -> str:
        """Run kubectl with ``text`` as its input; return its output.

        Args:
            arguments: the command line.
            text: its standard input, the file ``-``.
            check: fail the test if kubectl fails; else its errors are returned too.
            kubeconfig: the client's; the administrator's if not given.

        """
        done = subprocess.run(
            [self._kubectl, "--kubeconfig", kubeconfig or self.kubeconfig, *arguments],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout + ("" if check else done.stderr)

    def apply(self, description: dict) -> None:
        """Apply an object with the field manager of `make deploy`, which may change it later."""
        manager = ("--field-manager", "make-deploy", "--force-conflicts")
        self.kubectl(
            "apply", "--server-side", *manager, "--filename", "-", text=json.dumps(description)
        )

    def kubeconfig_of(self, service_account: str, namespace: str, duration: str = "1h") -> Path:
        """Write a kubeconfig with a new token of a ServiceAccount."""
        token = self.kubectl(
            "create", "token", service_account, "--namespace", namespace, "--duration", duration
        )
        path = self.folder / f"kubeconfig-{namespace}-{service_account}"
        return write_bearer(path, self.url, self.certificates, token.strip())

    def _etcd(self) -> ServerProcess:
        self._etcd_url = f"http://127.0.0.1:{free_port()}"
        peer_url = f"http://127.0.0.1:{free_port()}"
        return self._server(
            "etcd",
            f"{self._etcd_url}/health",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={self._etcd_url}",
            f"--advertise-client-urls={self._etcd_url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=default={peer_url}",
            "--unsafe-no-fsync",
        )

    def _api_server(self) -> ServerProcess:
        files, port = self.certificates, self.url.rpartition(":")[2]
        return self._server(
            "kube-apiserver",
            f"{self.url}/readyz",
            f"--etcd-servers={self._etcd_url}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder}",
            f"--tls-cert-file={files.certificate('api-server')}",
            f"--tls-private-key-file={files.key('api-server')}",
            f"--client-ca-file={files.authority}",
            f"--service-account-key-file={files.key('service-accounts')}",
            f"--service-account-signing-key-file={files.key('service-accounts')}",
            f"--service-account-issuer={_ISSUER}",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--authorization-mode=Node,RBAC",
            f"--requestheader-client-ca-file={files.authority}",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            f"--proxy-client-cert-file={files.certificate('front-proxy')}",
            f"--proxy-client-key-file={files.key('front-proxy')}",
        )

    def _controller_manager(self) -> ServerProcess:
        port = free_port()
        return self._server(
            "kube-controller-manager",
            f"https://127.0.0.1:{port}/healthz",
            f"--kubeconfig={self.kubeconfig}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder}",
            "--use-service-account-credentials",
            f"--service-account-private-key-file={self.certificates.key('service-accounts')}",
            f"--root-ca-file={self.certificates.authority}",
            "--leader-elect=false",
            # The default of 15 s would slow the tests down.
            "--horizontal-pod-autoscaler-sync-period=2s",
        )

    def _scheduler(self) -> ServerProcess:
        port = free_port()
        return self._server(
            "kube-scheduler",
            f"https://127.0.0.1:{port}/healthz",
            f"--kubeconfig={self.kubeconfig}",
            f"--secure-port={port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self.folder}",
            "--leader-elect=false",
        )

    def _server(self, program: str, health: str, *arguments: str) -> ServerProcess:
        log = self.folder / f"{program}.log"
        return ServerProcess(program, list(arguments), log, lambda: self._is_healthy(health))

    def _is_healthy(self, url: str) -> bool:
        try:
            return urllib.request.urlopen(url, timeout=2, context=self._client_tls).status == 200
        except OSError:
            return False

    def _tls(self) -> ssl.SSLContext:
        # Controller manager and scheduler sign their own certificates.
        context = ssl._create_unverified_context()
        context.load_cert_chain(
            self.certificates.certificate("administrator"), self.certificates.key("administrator")
        )
        return context
