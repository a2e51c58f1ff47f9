"""The store in a bucket of MinIO or another S3."""

from wire.stores.minio.store import MinioStore

__all__ = ["MinioStore"]
