"""A real MinIO server on free ports, one for each test process."""

import json
import os
import secrets
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from minio import Minio, MinioAdmin
from minio.credentials import StaticProvider

from core.settings import Settings
from tests.support.conditions import free_port, need_program, wait_until

POLICIES = Path(__file__).parents[2] / "k8s" / "components" / "minio"

_ADVICE = "go install github.com/minio/minio@latest"


class MinioServer:
    """A MinIO process that tests may stop and start; its objects stay on disk."""

    def __init__(self, program: str, folder: Path) -> None:
        self.endpoint = f"127.0.0.1:{free_port()}"
        self.access_key = "tests"
        self.secret_key = secrets.token_hex(16)
        self._program = program
        self._folder = folder
        self._console = free_port()
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        """Return the process id of the server, which runs."""
        assert self._process
        return self._process.pid

    def start(self) -> None:
        """Start the server, unless it runs, and wait until it responds."""
        if self._process:
            return
        with (self._folder / "minio.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._program,
                    "server",
                    self._folder / "objects",
                    f"--address={self.endpoint}",
                    f"--console-address=127.0.0.1:{self._console}",
                ],
                env=os.environ
                | {
                    "MINIO_ROOT_USER": self.access_key,
                    "MINIO_ROOT_PASSWORD": self.secret_key,
                    "MINIO_BROWSER": "off",
                    "MINIO_UPDATE": "off",
                },
                stdout=log,
                stderr=log,
            )
        wait_until(self._answers, what="MinIO answers")

    def stop(self) -> None:
        """Stop the server, if it runs, and wait for its exit."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def settings(self, **changes: object) -> Settings:
        """Return settings for this server and a new bucket."""
        values = {
            "minio_endpoint": self.endpoint,
            "minio_access_key": self.access_key,
            "minio_secret_key": self.secret_key,
            "minio_bucket": f"images-{secrets.token_hex(6)}",
        }
        return Settings(_env_file=None, **(values | changes))

    def keys_with(self, bucket: str, rights: Iterable[str]) -> dict[str, str]:
        """Create a user with only these rights on a bucket; return its settings."""
        resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
        statement = {
            "Effect": "Allow",
            "Action": [f"s3:{right}" for right in rights],
            "Resource": resources,
        }
        return self._new_user({"Version": "2012-10-17", "Statement": [statement]})

    def keys_of(self, role: str, bucket: str) -> dict[str, str]:
        """Create a user with the rights of `dashboard` or `worker` in a cluster's store."""
        return self._new_user(_policy_of(role, bucket))

    def admit(self, role: str, secret: str, bucket: str) -> None:
        """Create the user with the name of its role, or set its secret key, as the pod does."""
        self._set_user(role, secret, _policy_of(role, bucket))

    def create_bucket(self, bucket: str) -> None:
        """Create a bucket as root, unless it exists."""
        client = Minio(self.endpoint, self.access_key, self.secret_key, secure=False)
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)

    def _new_user(self, policy: dict) -> dict[str, str]:
        user, secret = f"user-{secrets.token_hex(4)}", secrets.token_hex(16)
        self._set_user(user, secret, policy)
        return {"minio_access_key": user, "minio_secret_key": secret}

    def _set_user(self, user: str, secret: str, policy: dict) -> None:
        root = StaticProvider(self.access_key, self.secret_key)
        admin = MinioAdmin(endpoint=self.endpoint, credentials=root, secure=False)
        admin.user_add(user, secret)
        admin.policy_add(user, policy=policy)
        admin.policy_set(user, user=user)

    def _answers(self) -> bool:
        try:
            url = f"http://{self.endpoint}/minio/health/ready"
            return urllib.request.urlopen(url, timeout=1).status == 200
        except (URLError, OSError):
            return False


def _policy_of(role: str, bucket: str) -> dict:
    policy = (POLICIES / f"{role}-policy.json").read_text()
    return json.loads(policy.replace("arn:aws:s3:::images", f"arn:aws:s3:::{bucket}"))


def minio_server_in(folder: Path) -> MinioServer:
    """Return a server with free ports, which is not started."""
    return MinioServer(need_program("minio", _ADVICE), folder)


@pytest.fixture(scope="session")
def minio_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinioServer]:
    server = minio_server_in(tmp_path_factory.mktemp("minio"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def minio(minio_server: MinioServer) -> MinioServer:
    """Return the server, restarted if a test has stopped it."""
    minio_server.start()
    return minio_server


@pytest.fixture
def minio_settings(minio: MinioServer) -> Settings:
    """Return settings with a new bucket."""
    return minio.settings()
