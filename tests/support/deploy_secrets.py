"""The Secrets of an empty namespace: those of the Job `credentials`, and those of `make deploy`."""

import base64
import os
import subprocess
from pathlib import Path

import yaml

from dashboard.cli.create_secrets import DATA

CREDENTIALS = Path(__file__).parents[2] / "k8s" / "scripts" / "credentials.sh"

Secrets = dict[str, dict[str, str]]


def secrets_of_job(namespace: str = "stable-diffusion") -> Secrets:
    """Return the data of the Secrets for servers in the cluster."""
    return {server.value: data(namespace) for server, data in DATA.items()}


def secrets_of_deploy(store: str = "outside", **variables: str) -> Secrets:
    """Run the script; return the decoded data of each Secret that it writes, by name.

    Args:
        store: where the store is, ``inside`` or ``outside``; the broker is inside.
        variables: the environment of the script.

    """
    script = f"""
        set -euo pipefail
        namespace=stable-diffusion
        note() {{ :; }}
        fail() {{ echo "$*" >&2; exit 1; }}
        kube() {{ if [ "$1" = apply ]; then echo ---; cat; fi >&3; }}
        exec 3>&1
        . {CREDENTIALS}
        credentials rabbitmq inside
        credentials minio {store}
        hub_token
    """
    env = {"PATH": os.environ["PATH"]} | variables
    answer = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return {
        each["metadata"]["name"]: {
            key: base64.b64decode(value).decode() for key, value in each["data"].items()
        }
        for each in yaml.safe_load_all(answer.stdout)
        if each
    }
