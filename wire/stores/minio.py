"""The store in a bucket of MinIO or another S3, through minio-py.

The first use of the store creates the bucket if it is missing, so that a process can start
while the store is unreachable.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import certifi
from minio import Minio
from minio.error import MinioException, S3Error
from minio.helpers import check_bucket_name
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from core.errors import ObjectMissing, SettingsError, StoreError, StoreFull, StoreUnavailable
from core.settings import Settings
from wire.stores.base import Entry, checked_name

_CONNECT_TIMEOUT = 2
_READ_TIMEOUT = 10
"""Seconds. Each request is tried twice, so an unreachable address fails within five."""

_MAX_CONNECTIONS = 20
"""Connections that are kept open: a worker writes up to 16 objects at once."""

_MISSING = ("NoSuchKey", "NoSuchObject")
_BUCKET_EXISTS = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_NO_SPACE = ("XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded")
_CREDENTIALS_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MinioStore:
    """Objects of the bucket in the ``MINIO_…`` settings."""

    def __init__(self, settings: Settings) -> None:
        self._endpoint = settings.minio_endpoint
        self._bucket = settings.minio_bucket
        self._client = _client(settings)
        self._bucket_lock = Lock()
        self._bucket_exists = False

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object; S3 writes atomically."""
        with self._translated_errors(name):
            self._ensure_bucket()
            self._client.put_object(
                self._bucket, checked_name(name), io.BytesIO(body), len(body), content_type
            )

    def get(self, name: str) -> bytes:
        """Read an object. Raises ObjectMissing."""
        with self._translated_errors(name):
            self._ensure_bucket()
            response = self._client.get_object(self._bucket, checked_name(name))
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def exists(self, name: str) -> bool:
        """Return whether an object of that name exists."""
        try:
            with self._translated_errors(name):
                self._ensure_bucket()
                self._client.stat_object(self._bucket, checked_name(name))
        except ObjectMissing:
            return False
        return True

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects by name, requesting pages of 1,000."""
        with self._translated_errors():
            self._ensure_bucket()
            objects = self._client.list_objects(
                self._bucket, prefix or None, recursive=True, start_after=after or None
            )
            for item in objects:
                yield Entry(item.object_name, item.size, item.last_modified.timestamp())

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        with self._translated_errors(name):
            self._ensure_bucket()
            self._client.remove_object(self._bucket, checked_name(name))

    def check(self) -> None:
        """Raise StoreUnavailable if the store does not respond."""
        with self._translated_errors():
            self._client.bucket_exists(self._bucket)

    def _ensure_bucket(self) -> None:
        with self._bucket_lock:
            if self._bucket_exists:
                return
            if not self._client.bucket_exists(self._bucket):
                self._create_missing_bucket()
            self._bucket_exists = True

    def _create_missing_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code not in _BUCKET_EXISTS:  # created by another process meanwhile
                raise

    @contextmanager
    def _translated_errors(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            raise self._translate(error, name) from None
        except (MinioException, HTTPError):
            raise StoreUnavailable(
                f"The store at {self._endpoint} does not answer. "
                "Its objects are kept; check that it runs and that MINIO_ENDPOINT is right."
            ) from None

    def _translate(self, error: S3Error, name: str) -> StoreError:
        if error.code in _MISSING:
            return ObjectMissing(f"The store has no object named {name}.")
        if error.code in _NO_SPACE:
            return StoreFull(
                f"The store at {self._endpoint} is full. Nothing was lost: "
                "free some space, and work continues."
            )
        if error.code in _CREDENTIALS_REFUSED:
            return StoreUnavailable(
                f"The store at {self._endpoint} refused the credentials ({error.code}). "
                "Check MINIO_ACCESS_KEY and MINIO_SECRET_KEY and their permissions."
            )
        # The next call creates a deleted bucket again.
        self._bucket_exists = self._bucket_exists and error.code != "NoSuchBucket"
        return StoreUnavailable(f"The store at {self._endpoint} answered {error.code}.")


def _client(settings: Settings) -> Minio:
    try:
        check_bucket_name(settings.minio_bucket)
    except ValueError as error:
        raise SettingsError(f"MINIO_BUCKET is not valid: {error}.") from None
    access_key, secret_key = settings.minio_access_key, settings.minio_secret_key
    if not (settings.minio_endpoint and access_key and secret_key):
        raise SettingsError("MINIO_ENDPOINT, MINIO_ACCESS_KEY and MINIO_SECRET_KEY must be set.")
    try:
        return Minio(
            settings.minio_endpoint,
            access_key=access_key.get_secret_value(),
            secret_key=secret_key.get_secret_value(),
            secure=settings.minio_secure,
            region=settings.minio_region,
            http_client=_http_client(),
        )
    except ValueError as error:
        raise SettingsError(f"MINIO_ENDPOINT must be host:port: {error}.") from None


def _http_client() -> PoolManager:
    return PoolManager(
        timeout=Timeout(connect=_CONNECT_TIMEOUT, read=_READ_TIMEOUT),
        retries=Retry(total=1, backoff_factor=0.2, status_forcelist=[502, 503, 504]),
        maxsize=_MAX_CONNECTIONS,
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
