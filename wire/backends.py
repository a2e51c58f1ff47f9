"""Open the queue, events and store that the settings select.

Clients are imported when they are needed: the local mode loads neither pika nor minio.
"""

from core.settings import Settings
from wire.events.base import Events
from wire.queues.base import Queue
from wire.stores.base import Store


def open_queue(settings: Settings) -> Queue:
    """Open RabbitMQ if its URL is set, else SQLite in the data directory."""
    if settings.rabbitmq_url:
        from wire.queues.rabbitmq import RabbitQueue

        return RabbitQueue(settings)
    from wire.queues.sqlite import SqliteQueue

    return SqliteQueue(settings.data_dir)


def open_events(settings: Settings) -> Events:
    """Open the events of the same backend as the queue."""
    if settings.rabbitmq_url:
        from wire.events.rabbitmq import RabbitEvents

        return RabbitEvents(settings)
    from wire.events.sqlite import SqliteEvents

    return SqliteEvents(settings.data_dir)


def open_store(settings: Settings) -> Store:
    """Open MinIO if its endpoint is set, else a folder in the data directory."""
    if settings.minio_endpoint:
        from wire.stores.minio import MinioStore

        return MinioStore(settings)
    from wire.stores.directory import DirectoryStore

    return DirectoryStore(settings.data_dir / "pictures")
