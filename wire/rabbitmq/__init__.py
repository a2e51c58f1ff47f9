"""How RabbitMQ is spoken, for the queue and the events alike: one connection per process."""
