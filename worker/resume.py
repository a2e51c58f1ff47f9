"""Resume a redelivered job: skip pictures that an earlier attempt stored.

Names and seeds derive from the job, so generating the pictures again would give the same objects.
Skipping them makes a redelivery cheap, such as after RabbitMQ's consumer timeout (see
wire.queues.rabbitmq.consumer).
"""

from itertools import takewhile

from wire.messages.object_names import metadata_name, picture_name
from worker.context import WorkerContext
from worker.retry import retry_transient
from worker.task import Task


def skip_stored(context: WorkerContext, task: Task) -> None:
    """Remove stored pictures from a task and emit their events; wait for the store.

    Raises StoreError if shutdown is requested while the store is unavailable.
    """
    stored = retry_transient(
        lambda: _stored_names(context, task.job.id),
        context.shutdown,
        lambda error: context.emit_detail(task.job, error),
    )
    for number in tuple(task.remaining):
        name = picture_name(task.job.id, number)
        if name in stored:
            task.remaining.remove(number)
            context.emit("stored", task.job, picture=number, name=name)
    task.has_metadata = metadata_name(task.job.id) in stored
    if task.has_metadata:
        # Metadata is stored last, so all pictures were stored: missing ones were deleted by users.
        task.remaining.clear()


def _stored_names(context: WorkerContext, job_id: str) -> set[str]:
    names = (entry.name for entry in context.store.entries(after=job_id))
    return set(takewhile(lambda name: name.startswith(job_id), names))
