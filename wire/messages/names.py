"""Names of the queue and the exchanges, shared by dashboard and workers.

The queue has the name of the older sample, so its clients keep working.
"""

QUEUE = "tasks"
DEAD_LETTER_EXCHANGE = "tasks.dead"
DEAD_LETTER_QUEUE = "tasks.dead"
EVENTS_EXCHANGE = "tasks.events"

DELIVERY_LIMIT = 5
"""Redeliveries of a job before it goes to the dead-letter queue."""
