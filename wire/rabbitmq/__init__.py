"""AMQP for the queue and the events: one connection per process."""
