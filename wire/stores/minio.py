"""The store as a bucket of MinIO or any other S3, through minio-py.

The bucket is looked for, and made if absent, when the store is first used, so that a
process can start while the store is away.
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
"""Seconds, each tried twice: an address where nobody is is known after five."""

_MISSING = ("NoSuchKey", "NoSuchObject")
_ALREADY_MADE = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_NO_ROOM = ("XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded")
_REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch")


class MinioStore:
    """Objects of one bucket, as the ``MINIO_…`` settings name it."""

    def __init__(self, settings: Settings) -> None:
        self._endpoint = settings.minio_endpoint
        self._bucket = settings.minio_bucket
        self._client = _client(settings)
        self._bucket_lock = Lock()
        self._bucket_known = False

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object; S3 shows it at once and whole."""
        with self._translated(name):
            self._make_bucket()
            self._client.put_object(
                self._bucket, checked_name(name), io.BytesIO(body), len(body), content_type
            )

    def get(self, name: str) -> bytes:
        """Read an object; raises ObjectMissing."""
        with self._translated(name):
            self._make_bucket()
            response = self._client.get_object(self._bucket, checked_name(name))
            try:
                return response.read()
            finally:
                response.close()
                response.release_conn()

    def exists(self, name: str) -> bool:
        """Tell whether an object has that name."""
        try:
            with self._translated(name):
                self._make_bucket()
                self._client.stat_object(self._bucket, checked_name(name))
        except ObjectMissing:
            return False
        return True

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects after ``after`` in order of name, a page of 1,000 at a time."""
        with self._translated():
            self._make_bucket()
            objects = self._client.list_objects(
                self._bucket, prefix or None, recursive=True, start_after=after or None
            )
            for found in objects:
                yield Entry(found.object_name, found.size, found.last_modified.timestamp())

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens if there is none."""
        with self._translated(name):
            self._make_bucket()
            self._client.remove_object(self._bucket, checked_name(name))

    def check(self) -> None:
        """Return if the store answers, raise StoreUnavailable if it does not."""
        with self._translated():
            self._client.bucket_exists(self._bucket)

    def _make_bucket(self) -> None:
        with self._bucket_lock:
            if self._bucket_known:
                return
            if not self._client.bucket_exists(self._bucket):
                self._make_absent_bucket()
            self._bucket_known = True

    def _make_absent_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            if error.code not in _ALREADY_MADE:  # another process was quicker
                raise

    @contextmanager
    def _translated(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except S3Error as error:
            raise self._explained(error, name) from None
        except (MinioException, HTTPError):
            raise StoreUnavailable(
                f"The store at {self._endpoint} does not answer. "
                "What it holds is safe; look whether it runs and MINIO_ENDPOINT is right."
            ) from None

    def _explained(self, error: S3Error, name: str) -> StoreError:
        if error.code in _MISSING:
            return ObjectMissing(f"The store holds no object named {name}.")
        if error.code in _NO_ROOM:
            return StoreFull(
                f"The store at {self._endpoint} is full. Nothing was lost: "
                "free some space and the work goes on."
            )
        if error.code in _REFUSED:
            return StoreUnavailable(
                f"The store at {self._endpoint} refused the credentials ({error.code}). "
                "Look at MINIO_ACCESS_KEY and MINIO_SECRET_KEY and what they allow."
            )
        # A bucket that somebody removed is made again by the next call.
        self._bucket_known = self._bucket_known and error.code != "NoSuchBucket"
        return StoreUnavailable(f"The store at {self._endpoint} answered {error.code}.")


def _client(settings: Settings) -> Minio:
    try:
        check_bucket_name(settings.minio_bucket)
    except ValueError as error:
        raise SettingsError(f"MINIO_BUCKET is not valid: {error}.") from None
    try:
        return Minio(
            settings.minio_endpoint,
            access_key=settings.minio_access_key.get_secret_value(),
            secret_key=settings.minio_secret_key.get_secret_value(),
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
        maxsize=10,
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
