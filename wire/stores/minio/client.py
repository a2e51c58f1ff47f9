"""Build the S3 client from the settings: address, proxy, certificates and time limits."""

from minio import Minio
from urllib3 import Retry, Timeout

from core.errors import SettingsError
from core.network.http import pool_for
from core.settings import Settings
from wire.stores.minio.credentials import provider_for

_CONNECT_TIMEOUT_SECONDS = 2
_READ_TIMEOUT_SECONDS = 10
"""Each request is tried twice, so an unreachable address fails within five seconds."""

_MAX_CONNECTIONS = 20
"""Connections that are kept open: a worker writes up to 16 objects at once."""


def store_url(settings: Settings) -> str:
    """Return the URL of the store's S3 API."""
    return f"{'https' if settings.minio_secure else 'http'}://{settings.minio_endpoint}"


def build_client(settings: Settings) -> Minio:
    """Return a client, which connects on first use. Raises SettingsError."""
    if not settings.minio_endpoint:
        raise SettingsError("MINIO_ENDPOINT must be set.")
    # The body of a 503 has its reason, which the status does not.
    retries = Retry(
        total=1, backoff_factor=0.2, status_forcelist=[502, 503, 504], raise_on_status=False
    )
    timeout = Timeout(connect=_CONNECT_TIMEOUT_SECONDS, read=_READ_TIMEOUT_SECONDS)
    try:
        return Minio(
            _endpoint(settings),
            secure=settings.minio_secure,
            region=settings.minio_region,
            credentials=provider_for(settings),
            http_client=pool_for(
                store_url(settings),
                timeout,
                retries,
                connections=_MAX_CONNECTIONS,
                carries_password=_sends_a_token(settings),
            ),
        )
    except ValueError as error:
        raise SettingsError(f"MINIO_ENDPOINT or MINIO_REGION is not valid: {error}.") from None


def _sends_a_token(settings: Settings) -> bool:
    # A signature has nothing of the secret key, but the token of temporary keys is sent itself.
    return settings.minio_session_token is not None or settings.minio_access_key is None


def _endpoint(settings: Settings) -> str:
    endpoint = settings.minio_endpoint or ""
    # minio-py drops the brackets of an IPv6 address together with the default port.
    return endpoint.removesuffix(":443" if settings.minio_secure else ":80")
