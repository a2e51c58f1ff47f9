"""`python -m dashboard.cli.run_example`: submit a request and print where its pictures are.

Runs beside a dashboard or without one. With local workers it has a supervisor of its own, which
stays idle while a dashboard's supervisor holds the lock.
"""

import logging
import signal
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from core.errors import ApplicationError, StoreError
from core.settings import Settings, load_settings
from dashboard import runtime
from dashboard.cli.example_options import request_fields, with_parameters
from dashboard.cli.example_progress import Progress, describe, open_progress
from dashboard.domain.jobs import FINISHED, JobView, initial_view
from dashboard.runtime import submission
from dashboard.runtime.context import AppContext
from wire.messages.job import MAX_PICTURES_PER_JOB, Job
from wire.messages.object_names import metadata_name, picture_name

_POLL_INTERVAL = 0.1
"""Seconds."""
_SEPARATE = submission.SubmitRequest.model_fields["separate"]
_INTERRUPTED = 130
"""The exit code of programs that end by SIGINT."""


class JobIncomplete(ApplicationError):
    """The job did not finish with all its pictures."""


@with_parameters
def main(
    prompt: Annotated[str, typer.Option(envvar="PROMPT")] = "yellow submarine",
    num_images: Annotated[
        int, typer.Option(envvar="NUM_IMAGES", min=1, max=MAX_PICTURES_PER_JOB)
    ] = 1,
    separate: Annotated[bool, typer.Option("--separate", help=_SEPARATE.description)] = False,
    timeout: Annotated[float, typer.Option(help="seconds to wait for the pictures")] = 3600,
    **options: Any,
) -> None:
    """Submit a request to the configured queue and wait for its pictures."""
    # Warnings would break the bar, and errors are printed as sentences below.
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parameters = {"prompt": prompt, **request_fields(options)}
    try:
        _run({**parameters, "count": num_images, "separate": separate}, timeout)
    except ApplicationError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _run(fields: dict[str, object], timeout: float) -> None:
    context = runtime.start(load_settings())
    try:
        for job in _submit(fields):
            view = _wait(context, job, timeout)
            for location in locations(context.settings, view):
                print(location)
    finally:
        _stop(context)


def _submit(fields: dict[str, object]) -> list[Job]:
    try:
        return submission.submit(fields, by_presenter=True)
    except KeyboardInterrupt:
        print("Stopped during submission. If the job was queued already, it stays on the queue.")
        raise


def _wait(context: AppContext, job: Job, timeout: float) -> JobView:
    try:
        with closing(open_progress(job)) as progress:
            return _follow(context, job, progress, time.monotonic() + timeout)
    except KeyboardInterrupt:
        print(f"Stopped. The job {job.id} stays on the queue until a worker generates it.")
        raise


def _follow(context: AppContext, job: Job, progress: Progress, deadline: float) -> JobView:
    """Return the finished job once the store holds all its objects."""
    while True:
        view = context.find_job(job.id) or initial_view(job)
        progress.show(view, describe(view, context.sampler.snapshot()))
        if view.state in FINISHED and _is_complete(context, view):
            return view
        if time.monotonic() > deadline:
            _raise_timeout(job)
        time.sleep(_POLL_INTERVAL)


def _is_complete(context: AppContext, view: JobView) -> bool:
    if view.state == "failed":
        raise JobIncomplete(f"The job failed: {view.detail or 'reason unknown.'}")
    if view.state == "cancelled":
        raise JobIncomplete("The job was cancelled.")
    with suppress(StoreError):  # the next poll may succeed
        return all(context.store.exists(name) for name in object_names(view))
    return False


def _raise_timeout(job: Job) -> NoReturn:
    raise JobIncomplete(f"Timed out. The job {job.id} stays on the queue.")


def _stop(context: AppContext) -> None:
    if context.supervisor and context.supervisor.busy_workers():
        grace = context.settings.grace_period
        print(f"Waiting up to {grace:g} s for workers to finish; Ctrl+C stops them now.")
    runtime.stop()


def object_names(view: JobView) -> list[str]:
    """Return the names of all objects of a finished job; withheld pictures are not stored."""
    job, withheld = view.job, view.withheld
    pictures = (picture_name(job.id, n) for n in range(job.count) if n not in withheld)
    return [*pictures, metadata_name(job.id)]


def locations(settings: Settings, view: JobView) -> list[str]:
    """Return where each object of a job is: a path, or a URL of the object store."""
    names = object_names(view)
    if settings.minio_endpoint:
        return [f"s3://{settings.minio_bucket}/{name}" for name in names]
    return [str(Path(settings.data_dir, "pictures", name)) for name in names]


if __name__ == "__main__":
    typer.run(main)
