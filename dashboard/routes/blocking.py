"""Blocking calls of routes, in few threads and for a limited time.

The threads of ``anyio.to_thread`` serve Streamlit's files, too: calls that hang in them would stop
every page. Nor does a time limit of anyio help: it frees the place of a thread that still hangs.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

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
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._seconds = seconds

    async def run(
        self,
        function: Callable[Parameters, Result],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> Result:
        """Return a call's result; raises StoreUnavailable once the time is over."""
        call = self._threads.submit(function, *args, **kwargs)
        try:
            # A call that waits for a thread is cancelled; one that hangs keeps its thread.
            return await asyncio.wait_for(asyncio.wrap_future(call), self._seconds)
        except TimeoutError:
            raise StoreUnavailable(
                f"The store has not answered for {self._seconds:g} seconds. Please try again later."
            ) from None
