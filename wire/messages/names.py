"""Names that both sides of the wire must spell alike, each written once.

The queue, the bucket and the object names are those of the older sample, so its
messages, its bucket and its tools keep working.
"""

QUEUE = "tasks"
DEAD_LETTER_EXCHANGE = "tasks.dead"
DEAD_LETTER_QUEUE = "tasks.dead"
EVENTS_EXCHANGE = "tasks.events"

DELIVERY_LIMIT = 5
"""Times a job is handed out again before it goes to the dead-letter queue."""
