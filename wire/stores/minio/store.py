"""The store in a bucket of MinIO or another S3, through minio-py.

The first use of the store creates the bucket if it is missing, so that a process can start
while the store is unreachable.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from minio.error import S3Error, ServerError

from core.errors import ObjectMissing, StoreError, StoreFull, StoreUnavailable
from core.settings import Settings
from wire.stores.base import Entry, checked_name
from wire.stores.minio.client import build_client, store_url
from wire.stores.minio.failures import ANY_FAILURE, explain

_MISSING = ("NoSuchKey", "NoSuchObject")
_BUCKET_EXISTS = ("BucketAlreadyOwnedByYou", "BucketAlreadyExists")
_NO_SPACE = ("XMinioStorageFull", "InsufficientStorage", "EntityTooLargeForStorage")
_NO_QUOTA = ("XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "StorageQuotaExceeded")


class MinioStore:
    """Objects of the bucket in the ``MINIO_…`` settings."""

    def __init__(self, settings: Settings) -> None:
        """Raise SettingsError if there is no way to connect; nothing is requested yet."""
        self._endpoint = settings.minio_endpoint
        self._url = store_url(settings)
        self._bucket = settings.minio_bucket
        self._client = build_client(settings)
        self._bucket_exists = False

    def put(self, name: str, body: bytes, content_type: str) -> None:
        """Write an object; S3 writes atomically."""
        with self._translated_errors("s3:PutObject", name):
            self._ensure_bucket()
            self._client.put_object(
                self._bucket, checked_name(name), io.BytesIO(body), len(body), content_type
            )

    def get(self, name: str) -> bytes:
        """Read an object. Raises ObjectMissing."""
        with self._translated_errors("s3:GetObject", name):
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
            with self._translated_errors("s3:GetObject", name):
                self._ensure_bucket()
                self._client.stat_object(self._bucket, checked_name(name))
        except ObjectMissing:
            return False
        return True

    def entries(self, after: str = "", prefix: str = "") -> Iterator[Entry]:
        """List objects by name, requesting pages of 1,000."""
        with self._translated_errors("s3:ListBucket"):
            self._ensure_bucket()
            objects = self._client.list_objects(
                self._bucket, prefix or None, recursive=True, start_after=after or None
            )
            for item in objects:
                yield Entry(item.object_name, item.size, item.last_modified.timestamp())

    def delete(self, name: str) -> None:
        """Delete an object, if it exists."""
        with self._translated_errors("s3:DeleteObject", name):
            self._ensure_bucket()
            self._client.remove_object(self._bucket, checked_name(name))

    def check(self) -> None:
        """Raise StoreUnavailable if the store does not respond."""
        with self._translated_errors("s3:ListBucket"):
            self._client.bucket_exists(self._bucket)

    def _ensure_bucket(self) -> None:
        # Without a lock: while the store is unreachable, callers must not wait for each other.
        if self._bucket_exists:
            return
        with self._translated_errors("s3:ListBucket"):
            if not self._client.bucket_exists(self._bucket):
                self._create_missing_bucket()
            self._bucket_exists = True

    def _create_missing_bucket(self) -> None:
        with self._translated_errors("s3:CreateBucket"):
            try:
                self._client.make_bucket(self._bucket)
            except S3Error as error:
                if error.code not in _BUCKET_EXISTS:  # created by another process meanwhile
                    raise

    @contextmanager
    def _translated_errors(self, right: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except ANY_FAILURE as error:
            raise self._translate(self._with_reason(error), right, name) from None

    def _with_reason(self, error: Exception) -> Exception:
        """Return the error of a listing in place of one of a HEAD request, which has no reason."""
        if not isinstance(error, S3Error | ServerError) or _has_reason(error):
            return error
        try:
            next(iter(self._client.list_objects(self._bucket, prefix="-")), None)
        except ANY_FAILURE as explained:
            return explained
        return error

    def _translate(self, error: Exception, right: str, name: str) -> StoreError:
        code = error.code if isinstance(error, S3Error) else None
        if code in _MISSING:
            return ObjectMissing(f"The store has no object named {name}.")
        if code in _NO_SPACE + _NO_QUOTA:
            space = "is full" if code in _NO_SPACE else "allows no more by its quota"
            return StoreFull(
                f"The store at {self._endpoint} {space}. Nothing was lost: "
                "free some space or raise the quota, and work continues."
            )
        reason = (
            f"The store at {self._endpoint} cannot be used: {explain(error, self._url, right)}."
        )
        if code == "NoSuchBucket":
            self._bucket_exists = False
            return StoreUnavailable(reason)
        return StoreUnavailable(f"{reason} Its objects are kept.")


def _has_reason(error: S3Error | ServerError) -> bool:
    return isinstance(error, S3Error) and (bool(error.response.data) or error.code in _MISSING)
