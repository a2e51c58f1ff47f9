"""The keys of the store: from the settings, or temporary ones of the pod or machine."""

import configparser
import os
import re
from xml.etree.ElementTree import ParseError

from minio.credentials.credentials import Credentials
from minio.credentials.providers import (
    AWSConfigProvider,
    EnvAWSProvider,
    IamAwsProvider,
    Provider,
    StaticProvider,
)
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from core.call_lock import CallLock
from core.errors import SettingsError, StoreUnavailable
from core.network.failures import explain
from core.network.http import pool_for
from core.settings import Settings
from core.store_settings import IdentitySource, find_identity

_UNREADABLE = (ParseError, configparser.Error)
"""Of the answer to a web identity, and of a file with keys."""
_TIMEOUT = Timeout(connect=2, read=5)
_RETRIES = Retry(total=1, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504])

_REMEDIES: dict[IdentitySource, str] = {
    "environment": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "web identity": "check AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and that role's trust policy",
    "file": "check AWS_SHARED_CREDENTIALS_FILE and AWS_PROFILE",
    "container": "check the role of this pod or task",
    "instance": "set MINIO_ACCESS_KEY and MINIO_SECRET_KEY, or give this machine a role",
}


def provider_for(settings: Settings) -> Provider:
    """Return what has the keys; temporary ones are renewed before they expire."""
    access_key, secret_key = settings.minio_access_key, settings.minio_secret_key
    if access_key and secret_key:
        token = settings.minio_session_token
        return StaticProvider(
            access_key.get_secret_value(),
            secret_key.get_secret_value(),
            token.get_secret_value() if token else None,
        )
    source = find_identity(settings.minio_endpoint or "")
    if source is None:
        raise SettingsError("MINIO_ACCESS_KEY and MINIO_SECRET_KEY must be set.")
    return PlatformProvider(source, settings.minio_region)


class PlatformProvider(Provider):
    """Keys that the platform gives to this process, one request for them at a time."""

    def __init__(self, source: IdentitySource, region: str | None) -> None:
        self._source = source
        self._lock = CallLock()
        self._provider = _open(source, region)

    def retrieve(self) -> Credentials:
        """Return valid keys. Raises StoreUnavailable, whose message has no token."""
        with self._lock:
            return self._retrieve()

    def _retrieve(self) -> Credentials:
        try:
            return self._provider.retrieve()
        except (HTTPError, OSError, ValueError, KeyError, TypeError, *_UNREADABLE) as error:
            raise StoreUnavailable(
                f"There are no keys for the store from the {self._source} of this process: "
                f"{_reason(error)}; {_REMEDIES[self._source]}."
            ) from None


def _open(source: IdentitySource, region: str | None) -> Provider:
    if source == "environment":
        return EnvAWSProvider()
    if source == "file":
        return AWSConfigProvider()
    if source == "web identity":
        endpoint = os.environ.get("AWS_ENDPOINT_URL_STS")
        url = endpoint or "https://sts.amazonaws.com"
        pool = pool_for(url, _TIMEOUT, _RETRIES, carries_password=True)
        return IamAwsProvider(custom_endpoint=endpoint, region=region, http_client=pool)
    # An address of this machine or of the link, for which no proxy is right.
    return IamAwsProvider(
        region=region, http_client=PoolManager(timeout=_TIMEOUT, retries=_RETRIES)
    )


def _reason(error: Exception) -> str:
    # The text of minio's errors has the URL, and that of a web identity has its token.
    if status := re.search(r"failed with HTTP status code (\d{3})$", str(error)):
        return f"the request for them was answered with HTTP {status[1]}"
    if "error in reading file" in str(error) or isinstance(error, FileNotFoundError):
        return "the file with the token cannot be read"
    if isinstance(error, HTTPError | OSError):
        return f"the service that issues them cannot be reached: {explain(error)}"
    return "what was found are no keys"
