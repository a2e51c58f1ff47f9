"""Callers that wait for a call of the queue that fails."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from core import call_lock
from core.call_lock import CallLock
from core.errors import PublishRefused, QueueError, QueueUnavailable
from tests.support.conditions import wait_until

_WAITING = 3


class _ObservedLock:
    """A lock that counts in ``waiting`` who begins to wait for it."""

    def __init__(self, waiting: threading.Semaphore) -> None:
        self._lock, self._waiting = threading.Lock(), waiting
        self.release, self.locked = self._lock.release, self._lock.locked

    def acquire(self) -> None:
        """Take the lock."""
        self._waiting.release()
        self._lock.acquire()


def _fail_while_others_wait(error: QueueError) -> tuple[int, int]:
    """Have a call fail while others wait; return how many failed with it, and made theirs."""
    lock, failing = CallLock(), threading.Event()
    waiting = threading.Semaphore(0)
    lock._lock = _ObservedLock(waiting)

    def fail() -> None:
        with lock:
            failing.wait()
            raise error

    def call() -> None:
        with lock:
            pass

    with ThreadPoolExecutor(1 + _WAITING) as pool:
        failed = pool.submit(fail)
        waiting.acquire()
        wait_until(lambda: lock._lock.locked(), what="the call has begun")
        calls = [pool.submit(call) for _ in range(_WAITING)]
        for _ in calls:
            waiting.acquire()
        failing.set()
        assert failed.exception() is error
        errors = [each.exception() for each in calls]
    assert all(each is None or str(each) == str(error) for each in errors)
    with lock:  # later callers are not concerned
        return sum(each is not None for each in errors), errors.count(None)


def test_waiting_callers_fail_with_a_slow_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a call that gets no answer fails with it, and does not wait again."""
    monkeypatch.setattr(call_lock, "_SLOW_SECONDS", 0.0)
    assert _fail_while_others_wait(QueueUnavailable("It does not answer.")) == (_WAITING, 0)


def test_waiting_callers_try_after_a_quick_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is lost at once can be opened again by the next caller."""
    monkeypatch.setattr(call_lock, "_SLOW_SECONDS", 60.0)
    assert _fail_while_others_wait(QueueUnavailable("It was lost.")) == (0, _WAITING)


def test_refusal_concerns_its_caller_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other errors than that the queue is away do not fail those that wait."""
    monkeypatch.setattr(call_lock, "_SLOW_SECONDS", 0.0)
    assert _fail_while_others_wait(PublishRefused("It is too large.")) == (0, _WAITING)
