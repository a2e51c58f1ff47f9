"""The queue on RabbitMQ."""

from wire.queues.rabbitmq.queue import RabbitQueue

__all__ = ["RabbitQueue"]
