"""Inject faults in the background, one after the other, and keep the newest result for all pages.

A page responds while a cluster or a broker does not.
"""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from core.errors import ApplicationError
from dashboard.chaos.faults import Injection, inject
from dashboard.runtime.context import AppContext

_SECONDS_BEFORE_RETURN = 0.5
_UNEXPECTED = "The fault failed, perhaps after a part of it. The dashboard's log has the reason."

_injector = ThreadPoolExecutor(max_workers=1, thread_name_prefix="inject")
_log = logging.getLogger(__name__)
_newest: Future["Result"] | None = None


@dataclass(frozen=True)
class Result:
    """What became of an injection."""

    at: float
    """Unix seconds."""
    sentence: str
    failed: bool = False


def begin(context: AppContext, injection: Injection) -> None:
    """Inject a fault, and wait briefly for the result."""
    global _newest
    _log.warning("A presenter injects a fault: %s", injection.label)
    _newest = _injector.submit(_run, context, injection)
    wait((_newest,), _SECONDS_BEFORE_RETURN)


def newest() -> Result | None:
    """Return the newest result; None before the first, and while it is awaited."""
    return _newest.result() if _newest and _newest.done() else None


def _run(context: AppContext, injection: Injection) -> Result:
    try:
        text = inject(context, injection)
    except ApplicationError as error:
        return Result(time.time(), str(error), failed=True)
    except Exception:  # noqa: BLE001, every page would raise it again each second
        _log.exception("The fault %s failed.", injection.label)
        return Result(time.time(), _UNEXPECTED, failed=True)
    return Result(time.time(), f"{text[:1].upper()}{text[1:]}.")
