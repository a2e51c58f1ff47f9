"""Rules for the settings of the object store."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

IdentitySource = Literal["environment", "web identity", "file", "container", "instance"]
"""Where an AWS SDK finds keys: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html."""

BUCKET_RULE = (
    "must be the name of a bucket: 3 to 63 lowercase letters, digits, dots and hyphens, with a "
    "letter or digit at both ends"
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_GOOGLE_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_BUCKET_PARTS = ("..", ".-", "-.")
_IPV4 = re.compile(r"\d+\.\d+\.\d+\.\d+")
_AWS = re.compile(r"(?:.*\.)?amazonaws\.com(?:\.cn)?")
_GOOGLE = "storage.googleapis.com"


def check_bucket(name: str, endpoint: str | None) -> None:
    """Raise ValueError with the rule if a bucket cannot have this name.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, also MinIO's.
    Google's names may have underscores.
    """
    pattern = _GOOGLE_BUCKET if endpoint and _host(endpoint) == _GOOGLE else _BUCKET
    if not pattern.fullmatch(name) or any(part in name for part in _BUCKET_PARTS):
        raise ValueError(BUCKET_RULE)
    if _IPV4.fullmatch(name):
        raise ValueError(f"{BUCKET_RULE}; it must not look like an IP address")


def check_endpoint(endpoint: str) -> None:
    """Raise ValueError unless an endpoint is ``host:port``."""
    if "://" in endpoint:
        raise ValueError("must be host:port, without http://; MINIO_SECURE=true means https")
    if endpoint.count(":") > 1 and not endpoint.startswith("["):
        raise ValueError("must have brackets around an IPv6 address, such as [::1]:9000")
    parts = urlsplit(f"//{endpoint}")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in endpoint:
        raise ValueError("must be host:port, without a path; S3 has no paths before the bucket")
    if not parts.hostname or not _is_port(endpoint):
        raise ValueError("must be host:port")


def find_identity(
    endpoint: str, environment: Mapping[str, str] = os.environ
) -> IdentitySource | None:
    """Return where the platform has keys for the store; None if it has none.

    The order is that of the AWS SDKs. The metadata service of a machine is used for AWS only:
    elsewhere there is none, and a request to it would wait.
    """
    if environment.get("AWS_ACCESS_KEY_ID"):
        return "environment"
    if environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        return "web identity"
    if environment.get("AWS_SHARED_CREDENTIALS_FILE") or environment.get("AWS_PROFILE"):
        return "file"
    if any(name.startswith("AWS_CONTAINER_CREDENTIALS_") for name in environment):
        return "container"
    if not _AWS.fullmatch(_host(endpoint)):
        return None
    home = environment.get("HOME", "")
    return "file" if home and (Path(home) / ".aws" / "credentials").is_file() else "instance"


def _host(endpoint: str) -> str:
    return (urlsplit(f"//{endpoint}").hostname or "").lower()


def _is_port(endpoint: str) -> bool:
    try:
        port = urlsplit(f"//{endpoint}").port
    except ValueError:
        return False
    return port is None or port > 0
