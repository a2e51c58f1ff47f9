"""Blocking calls of routes, in few threads and for a limited time.

The threads of ``anyio.to_thread`` serve Streamlit's files, too: calls that hang in them would stop
every page. Nor does a time limit of anyio help: it frees the place of a thread that still hangs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

from core.errors import StoreUnavailable

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class StoreCalls:
    """Calls of one kind to the store.

    Args:
        name: the name of the threads.
        threads: how many calls are made at a time; further ones wait.
        seconds: after which a call that waits or hangs is given up.

    """

    def __init__(self, name: str, threads: int, seconds: float) -> None:
        self._threads = _DaemonThreads(name, threads)
        self._seconds = seconds

    async def run(
        self,
        function: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Return a call's result; raises StoreUnavailable once the time is over."""
        call = self._threads.submit(partial(function, *args, **kwargs))
        try:
            # A call that waits for a thread is cancelled; one that hangs keeps its thread.
            return await asyncio.wait_for(asyncio.wrap_future(call), self._seconds)
        except TimeoutError:
            raise StoreUnavailable(
                f"The store has not answered for {self._seconds:g} seconds. Please try again later."
            ) from None


class _DaemonThreads:
    """Threads that are started on first use.

    Those of a ThreadPoolExecutor would delay the end of the process until their calls return.
    """

    def __init__(self, name: str, count: int) -> None:
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._unstarted = [
            Thread(target=self._run, name=f"{name} {number}", daemon=True)
            for number in range(count)
        ]

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        """Have a thread make a call; used by the event loop's thread only."""
        future: Future[Result] = Future()
        self._waiting.put((future, call))
        if self._unstarted:
            self._unstarted.pop().start()
        return future

    def _run(self) -> None:
        while True:
            future, call = self._waiting.get()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001, it is raised where the result is read
                future.set_exception(error)
            del future, call
