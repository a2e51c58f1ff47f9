"""Run the checks concurrently, each with a time limit, and print a line for each.

Everything ends within a minute, even if every check hangs.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from threading import Thread

from core.errors import ApplicationError, SettingsError
from core.settings import Settings, load_settings
from doctor import settings as settings_check
from doctor.check import Check, Result, failed
from doctor.checks import SETTINGS, after_checks, first_checks, without_settings
from doctor.redaction import redact, secrets_of

TOTAL_SECONDS = 55.0

_MARGIN_SECONDS = 0.05


def main() -> int:
    """Run all checks and print their results; return the exit code."""
    began = time.monotonic()
    results = list(_printed(_run(began + TOTAL_SECONDS)))
    print(_summary(results, time.monotonic() - began))
    return 1 if any(result.state == "failed" for result in results) else 0


def _run(deadline: float) -> Iterator[tuple[str, Result]]:
    try:
        settings = load_settings()
    except SettingsError as error:
        yield SETTINGS, failed(str(error))
        yield from without_settings()
        return
    secrets = secrets_of(settings)
    for name, result in _run_with(settings, deadline):
        yield name, Result(result.state, redact(result.text, secrets))


def _run_with(settings: Settings, deadline: float) -> Iterator[tuple[str, Result]]:
    yield SETTINGS, _outcome(settings_check.check_names)
    yield from run_checks(first_checks(settings), deadline)
    # PyTorch's import stops all threads for seconds, which would look like a slow network.
    yield from run_checks(after_checks(settings), deadline)


def run_checks(checks: Iterable[Check], deadline: float) -> Iterator[tuple[str, Result]]:
    """Start all checks at once; yield their results in order, the last before ``deadline``.

    Args:
        checks: run concurrently.
        deadline: a time of the monotonic clock.

    """
    began = time.monotonic()
    for check, running in [(check, _start(check)) for check in checks]:
        limit = min(began + check.seconds, deadline)
        try:
            result = running.result(max(_MARGIN_SECONDS, limit - time.monotonic()))
        except TimeoutError:
            result = _too_slow(time.monotonic() - began)
        yield check.name, result


def _start(check: Check) -> "Future[Result]":
    future: Future[Result] = Future()
    # A daemon: a check that hangs must not keep the process alive.
    Thread(target=lambda: future.set_result(_outcome(check.run)), daemon=True).start()
    return future


def _outcome(run: Callable[[], Result]) -> Result:
    try:
        return run()
    except ApplicationError as error:
        return failed(str(error))
    except Exception as error:  # noqa: BLE001, one broken check must not hide the others
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
        # Its text may contain an address with a password.
        return failed(f"The check itself failed ({type(error).__name__} in {where}); report it.")


def _too_slow(elapsed: float) -> Result:
    return failed(
        f"No result after {elapsed:.0f} s: the server does not answer, or this machine is busy. "
        "Check the network to the server, and the server's log."
    )


def _printed(results: Iterable[tuple[str, Result]]) -> Iterator[Result]:
    for name, result in results:
        text = " ".join(result.text.split())
        print(f"{result.state:<8} {name:<11} {text}", flush=True)
        yield result


def _summary(results: list[Result], elapsed: float) -> str:
    states = [result.state for result in results]
    counts = ", ".join(f"{states.count(each)} {each}" for each in ("ok", "failed", "skipped"))
    return f"{counts} in {elapsed:.1f} s"
