"""`make soak`: lose nothing while workers are killed and servers are down.

JOBS, KILLS, OUTAGES, MINUTES and SEED choose the size; see tests/soak/plan.py. The exit code is 1
if a job was lost or doubled, or work went on too late after outages.
"""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pydantic import ValidationError

from bench.servers import minio_server, rabbitmq_server
from core.validation import first_error
from tests.soak.backends import Backends, on_files, on_servers
from tests.soak.plan import Options, make_plan
from tests.soak.run import soak
from tests.soak.verdict import describe


def main() -> None:
    """Run on real servers, then on files; print a verdict of each."""
    options = _read_options()
    passed = [_run(options, pair) for pair in (_servers, on_files)]
    sys.exit(0 if all(passed) else 1)


def _read_options() -> Options:
    try:
        return Options()
    except ValidationError as error:
        name, reason = first_error(error)
        sys.exit(f"{name.upper()} {reason}.")


def _run(options: Options, pair: Callable[[Path], AbstractContextManager[Backends]]) -> bool:
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    with folder as name, pair(Path(name)) as backends:
        print(f"{backends.name}, about {options.minutes:g} minutes", flush=True)
        verdict = soak(make_plan(options), backends, options.seed, _report)
        print(describe(backends.name, verdict), flush=True)
        return verdict.passed


@contextmanager
def _servers(folder: Path) -> Iterator[Backends]:
    with (
        rabbitmq_server() as rabbitmq,
        minio_server() as minio,
        on_servers(rabbitmq, minio, folder) as backends,
    ):
        yield backends


def _report(line: str) -> None:
    print(f"  {line}", flush=True)


if __name__ == "__main__":
    main()
