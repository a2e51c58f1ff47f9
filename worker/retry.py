"""Waiting for a queue or a store that is away, instead of failing the job."""

import logging
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from core.errors import ApplicationError, QueueUnavailable, StoreFull, StoreUnavailable
from worker.shutdown import ShutdownSignal

log = logging.getLogger(__name__)

Result = TypeVar("Result")

TRANSIENT_ERRORS = (QueueUnavailable, StoreUnavailable, StoreFull)
"""What passes by itself, or once somebody has made room."""

_LONGEST_PAUSE = 10
"""Seconds."""


def retry_transient(
    action: Callable[[], Result],
    shutdown: ShutdownSignal,
    on_trouble: Callable[[str], None] = lambda _: None,
    retried: tuple[type[ApplicationError], ...] = TRANSIENT_ERRORS,
) -> Result:
    """Return what ``action`` returns, as soon as queue and store let it.

    ``on_trouble`` hears the first failure's sentence. When the process is asked to stop,
    the newest failure is raised, one of ``retried``.
    """

    def tell_once(state: RetryCallState) -> None:
        if state.attempt_number == 1:
            log.warning("%s Trying again until it works.", state.outcome.exception())
            on_trouble(str(state.outcome.exception()))

    retrying = Retrying(
        retry=retry_if_exception_type(retried),
        wait=wait_random_exponential(multiplier=0.5, max=_LONGEST_PAUSE),
        sleep=shutdown.wait,
        stop=lambda _: shutdown.requested,
        before_sleep=tell_once,
        reraise=True,
    )
    result = retrying(action)
    if retrying.statistics["attempt_number"] > 1:
        log.info("It works again.")
    return result
