"""`make run-webui-dev` with servers outside the cluster; tests/cluster has those inside."""

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "k8s" / "scripts" / "run-webui-dev.sh"

# A cluster whose Secrets name servers outside, and which has no Services for them.
KUBECTL = """#!/usr/bin/env bash
case "$*" in
*port-forward*) echo "$*" >> "$FORWARDS"; sleep 60 ;;
*"get secret rabbitmq minio"*) echo secret/rabbitmq ;;
*"get service "*) ;;
*data.amqp-url*) printf amqps://live:word@broker.example.org:5671/ | base64 ;;
*data.management-url*) printf https://live:word@broker.example.org:15671/ | base64 ;;
*data.*-key*) printf key | base64 ;;
*"get configmap settings"*) echo MINIO_ENDPOINT=store.example.org:9000; echo MINIO_SECURE=true ;;
*"get deployment dashboard"*) echo settings ;;
*) echo answer ;;
esac
"""
PYTHON = f"""#!/usr/bin/env bash
[ "$*" = "-m dashboard" ] || exec {sys.executable} "$@"
env
"""


def test_servers_outside_the_cluster_are_reached_by_their_own_addresses(tmp_path: Path) -> None:
    """What the cluster does not have is not forwarded: the Secret's URLs are used as they are."""
    for name, text in {"kubectl": KUBECTL, "python": PYTHON}.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)
    forwards = tmp_path / "forwards"
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {"PATH": path, "VENV": str(tmp_path), "FORWARDS": str(forwards)}
    done = subprocess.run(["bash", SCRIPT], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not forwards.exists()
    seen = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
    assert seen["RABBITMQ_URL"] == "amqps://live:word@broker.example.org:5671/"
    assert seen["RABBITMQ_MANAGEMENT_URL"] == "https://live:word@broker.example.org:15671/"
    assert (seen["MINIO_ENDPOINT"], seen["MINIO_SECURE"]) == ("store.example.org:9000", "true")
    assert "has no RabbitMQ: this machine has to reach the one that Secret" in done.stdout
    assert "has no MinIO: this machine has to reach store.example.org:9000" in done.stdout
