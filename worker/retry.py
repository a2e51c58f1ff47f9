"""Retry while the queue or the store is unavailable, instead of failing the job."""

import logging
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from core.errors import (
    ApplicationError,
    QueueError,
    QueueUnavailable,
    StoreFull,
    StoreUnavailable,
)
from worker import metrics
from worker.shutdown import ShutdownSignal

log = logging.getLogger(__name__)

Result = TypeVar("Result")

TRANSIENT_ERRORS = (QueueUnavailable, StoreUnavailable, StoreFull)
"""Errors that are retried: the backend is unreachable or its disk is full."""

_MAX_BACKOFF_SECONDS = 10


def retry_transient(
    action: Callable[[], Result],
    shutdown: ShutdownSignal,
    on_error: Callable[[str], None] = lambda _: None,
    transient_errors: tuple[type[ApplicationError], ...] = TRANSIENT_ERRORS,
) -> Result:
    """Call ``action`` until it raises no transient error; return its result.

    ``on_error`` is called with the message of the first error. When shutdown is requested, the
    last error is raised.
    """

    def report(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        metrics.UNAVAILABLE.labels(_backend_of(error)).inc()
        if state.attempt_number == 1:
            log.warning("%s Retrying.", error)
            on_error(str(error))

    retrying = Retrying(
        retry=retry_if_exception_type(transient_errors),
        wait=wait_random_exponential(multiplier=0.5, max=_MAX_BACKOFF_SECONDS),
        sleep=shutdown.wait,
        stop=lambda _: shutdown.requested,
        before_sleep=report,
        reraise=True,
    )
    result = retrying(action)
    if retrying.statistics["attempt_number"] > 1:
        log.info("Available again.")
    return result


def _backend_of(error: BaseException | None) -> str:
    return "queue" if isinstance(error, QueueError) else "store"
