"""A job that comes again: what an earlier attempt stored is left out.

Names and seeds come from the job, so the pictures would be the same. This makes it cheap
when a queue takes a job away from its worker, as RabbitMQ does from one that holds it for
longer than its limit (see wire.queues.rabbitmq.consumer).
"""

from itertools import takewhile

from wire.messages.picture import metadata_name, picture_name
from worker.context import WorkerContext
from worker.retry import retry_transient
from worker.task import Task


def skip_stored(context: WorkerContext, task: Task) -> None:
    """Strike off what lies in the store, and tell it; waits for a store that is away.

    Raises StoreError once the worker is told to stop.
    """

    def tell(sentence: str) -> None:
        context.emit("step", task.job, detail=sentence)

    stored = retry_transient(lambda: _stored_names(context, task.job.id), context.shutdown, tell)
    task.is_described = metadata_name(task.job.id) in stored
    for number in tuple(task.left):
        name = picture_name(task.job.id, number)
        if name in stored:
            task.left.remove(number)
            context.emit("stored", task.job, picture=number, name=name)
    if task.is_described:
        # It is written last: all pictures were there, and who deleted some meant it.
        task.left.clear()


def _stored_names(context: WorkerContext, job_id: str) -> set[str]:
    names = (entry.name for entry in context.store.entries(after=job_id))
    return set(takewhile(lambda name: name.startswith(job_id), names))
