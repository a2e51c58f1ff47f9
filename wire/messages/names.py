"""Names of the queue and the exchanges, shared by dashboard and workers.

The queue has the name of the older sample, so its clients keep working.
"""

QUEUE = "tasks"
DEAD_LETTER_EXCHANGE = "tasks.dead"
DEAD_LETTER_QUEUE = "tasks.dead"
BACKLOG_QUEUE = "tasks.backlog"
"""Jobs whose submitters' turns have not come."""
PAUSE_QUEUE = "tasks.paused"
"""Holds a message while the queue is paused."""
EVENTS_EXCHANGE = "tasks.events"

DELIVERY_LIMIT = 5
"""Redeliveries of a job before it goes to the dead-letter queue."""

RETRY_PAUSES_SECONDS = (5.0, 20.0, 60.0)
"""Pauses after the first, the second and each further failed attempt of a job: exponential, with a
maximum. RabbitMQ has a queue for each."""


def retry_queue(seconds: float) -> str:
    """Return the name of the queue of jobs that wait so long for their next attempt."""
    return f"{QUEUE}.retry.{round(seconds * 1000)}"
