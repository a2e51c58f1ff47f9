"""When `make deploy` keeps credentials, has new ones made, refuses, or restarts their readers."""

import os
import subprocess
from dataclasses import dataclass

import pytest

from tests.support.deploy_secrets import CREDENTIALS
from tests.support.minio_server import POLICIES

_OLD = '{"access-key":"eA==","secret-key":"eQ=="}'
"""Of a version whose pods shared one user."""
_PRESENT = '{"access-key":"eA==","worker-access-key":"eA==","worker-amqp-url":"eA=="}'
_KEYS = {"MINIO_ACCESS_KEY": "a", "MINIO_SECRET_KEY": "b"}

# The Secret is in a variable; applying another one changes it, as does its deletion.
_SCRIPT = """
set -euo pipefail
namespace=here
note() { echo "$*"; }
fail() { echo "$*"; exit 1; }
kube() {
  case "$*" in
    *annotations*) echo "$ORIGIN" ;;
    *data*) if [ -e "$APPLIED" ]; then echo new; elif [ ! -e "$DELETED" ]; then echo "$DATA"; fi ;;
    delete*) touch "$DELETED" ;;
    apply*) cat >/dev/null; touch "$APPLIED" ;;
  esac
}
. "$CREDENTIALS"
credentials "$SERVER" "$PLACE"
"""


@dataclass(frozen=True)
class Case:
    """A Secret that exists, and what the script does with it."""

    server: str
    place: str
    data: str
    origin: str
    output: str
    environment: tuple[tuple[str, str], ...] = ()


CASES = {
    "first time": Case("minio", "inside", "", "", "minio: the Job makes it"),
    "again": Case("minio", "inside", _PRESENT, "inside", "minio is kept"),
    "made by hand": Case("rabbitmq", "outside", _PRESENT, "", "rabbitmq is kept"),
    "without users of their own": Case("minio", "inside", _OLD, "inside", "minio is deleted"),
    "broker without users of their own": Case(
        "rabbitmq", "inside", _OLD, "inside", "rabbitmq is deleted"
    ),
    "new passwords": Case(
        "rabbitmq",
        "inside",
        _PRESENT,
        "inside",
        "rabbitmq is deleted",
        environment=(("ROTATE", "1"),),
    ),
    "not of another's store": Case(
        "minio",
        "outside",
        _PRESENT,
        "outside",
        "minio is kept",
        environment=(("ROTATE", "1"),),
    ),
    "store moved into the cluster": Case(
        "minio", "inside", _PRESENT, "outside", "minio is deleted"
    ),
    "given keys": Case(
        "minio",
        "outside",
        _PRESENT,
        "outside",
        "has the given keys",
        environment=tuple(_KEYS.items()),
    ),
}
REFUSED = {
    "store moved outside": Case("minio", "outside", _PRESENT, "inside", "keys are required once"),
    "external store without workers' keys": Case(
        "minio", "outside", _OLD, "outside", "keys are required once"
    ),
    "external broker": Case("rabbitmq", "outside", "", "", "docs/operations.md"),
    "temporary keys": Case(
        "minio",
        "outside",
        "",
        "",
        "end within hours",
        environment=(*_KEYS.items(), ("MINIO_SESSION_TOKEN", "t")),
    ),
}


def run(case: Case, folder: os.PathLike) -> subprocess.CompletedProcess[str]:
    variables = {
        "PATH": os.environ["PATH"],
        "CREDENTIALS": str(CREDENTIALS),
        "APPLIED": f"{folder}/applied",
        "DELETED": f"{folder}/deleted",
        "SERVER": case.server,
        "PLACE": case.place,
        "DATA": case.data,
        "ORIGIN": case.origin,
    }
    command = ["bash", "-c", _SCRIPT]
    env = variables | dict(case.environment)
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_secret_is_kept_or_written(case: Case, tmp_path):
    """Credentials change only where they have to."""
    done = run(case, tmp_path)
    assert done.returncode == 0, done.stderr
    assert case.output in done.stdout


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
def test_missing_credentials_are_asked_for(case: Case, tmp_path):
    """What only a person can give is asked for in a sentence, before anything is applied."""
    done = run(case, tmp_path)
    assert done.returncode == 1
    assert case.output in done.stdout
    assert not list(tmp_path.iterdir()), "nothing is written or deleted"


# A cluster with a broker and a dashboard, whose Secrets were written at the time in WRITTEN.
_READERS = """
set -euo pipefail
. "$COMMON"
. "$CREDENTIALS"
kube() {
  case "$*" in
    *managedFields*) echo "$WRITTEN" ;;
    "get pods"*) echo "$STARTED" ;;
    "get statefulset/rabbitmq"* | "get deployment/dashboard"*) echo app=it, ;;
    "get "*) return 1 ;;
    *) echo "$*" ;;
  esac
}
restart_readers
"""
_EARLIER, _WRITTEN, _LATER = (f"2026-11-29T18:{minute}:59Z" for minute in ("09", "10", "11"))


@pytest.mark.parametrize(
    ("started", "restarts"),
    [
        (f"{_LATER}\n{_EARLIER}", ["statefulset/rabbitmq", "deployment/dashboard"]),
        (_WRITTEN, []),
        (_LATER, []),
        ("", []),
    ],
    ids=["one is older", "at the same time", "all are newer", "none runs"],
)
def test_readers_of_older_secrets_are_restarted(started: str, restarts: list[str]) -> None:
    """Each server and reader with a container older than its Secrets is restarted, once."""
    variables = {
        "PATH": os.environ["PATH"],
        "COMMON": str(CREDENTIALS.with_name("common.sh")),
        "CREDENTIALS": str(CREDENTIALS),
        "WRITTEN": f"{_EARLIER} {_WRITTEN}",
        "STARTED": started,
    }
    command = ["bash", "-c", _READERS]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines == [f"rollout restart {reader}" for reader in restarts]


_MC = """#!/bin/sh
echo "$*" >>"$CALLS"
case $* in "admin user add"*) cat >>"$CALLS" ;; esac
"""


def test_store_makes_its_users_at_each_start(tmp_path):
    """The hook makes both users with their policies; no key is an argument, which others list."""
    program, calls = tmp_path / "mc", tmp_path / "calls"
    program.write_text(_MC)
    program.chmod(0o755)
    secrets = {"DASHBOARD_SECRET_KEY": "d-secret", "WORKER_SECRET_KEY": "w-secret"}
    root = {"MINIO_ROOT_USER": "root", "MINIO_ROOT_PASSWORD": "r-secret"}
    path = f"{tmp_path}:{os.environ['PATH']}"
    env = {"PATH": path, "CALLS": str(calls)} | secrets | root
    subprocess.run(["sh", POLICIES / "create-users.sh"], env=env, check=True)
    assert calls.read_text().splitlines() == [
        "ready local",
        "mb --ignore-existing local/images",
        *(
            line
            for user in ("dashboard", "worker")
            for line in (
                f"admin policy create local {user} {POLICIES}/{user}-policy.json",
                f"admin user add local {user}",
                f"{user[0]}-secret",
                f"admin policy attach local {user} --user {user}",
            )
        ),
    ]
