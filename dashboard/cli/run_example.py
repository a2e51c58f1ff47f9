"""`python -m dashboard.cli.run_example`: send one job, watch it, and say where its pictures are.

It works beside a running dashboard. Without one, and where workers are local, it brings its
own supervisor, which waits for the lock that only one of them can hold.
"""

import logging
import signal
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from core.errors import ApplicationError, StoreError
from core.settings import Settings, load_settings
from dashboard import runtime
from dashboard.cli.example_progress import Progress, open_progress, words
from dashboard.domain.jobs import FINISHED, JobView, initial_view
from dashboard.runtime import submission
from dashboard.runtime.context import AppContext
from wire.messages.job import MAX_COUNT, Job
from wire.messages.picture import metadata_name, picture_name

_LOOK_EVERY = 0.1
_INTERRUPTED = 130
"""The exit code that shells give to a program that Ctrl+C ended."""


class JobIncomplete(ApplicationError):
    """The job did not come to its end with all its pictures."""


def main(
    prompt: Annotated[str, typer.Option(envvar="PROMPT")] = "cartoon dwarf",
    num_images: Annotated[int, typer.Option(envvar="NUM_IMAGES", min=1, max=MAX_COUNT)] = 7,
    width: Annotated[int | None, typer.Option(help="pixels, a multiple of 8")] = None,
    height: Annotated[int | None, typer.Option(help="pixels, a multiple of 8")] = None,
    steps: Annotated[int | None, typer.Option(help="denoising steps")] = None,
    seed: Annotated[int | None, typer.Option(help="the same seed paints the same")] = None,
    timeout: Annotated[float, typer.Option(help="seconds to wait for the pictures")] = 3600,
) -> None:
    """Send a job to whatever the settings point at, and wait for its pictures."""
    # The sentences below say what matters; warnings of the context would tear the bar.
    logging.basicConfig(level=logging.ERROR)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sizes = {"width": width, "height": height, "steps": steps, "seed": seed}
    try:
        _run({"prompt": prompt, "count": num_images, **sizes}, timeout)
    except ApplicationError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _run(fields: dict[str, object], timeout: float) -> None:
    context = runtime.start(load_settings())
    try:
        job = _submit(fields)
        _wait(context, job, timeout)
        for place in places(context.settings, job):
            print(place)
    finally:
        _stop(context)


def _submit(fields: dict[str, object]) -> Job:
    try:
        return submission.submit(fields)
    except KeyboardInterrupt:
        print("Stopped while the job was sent: if it got there, it stays on the queue.")
        raise


def _wait(context: AppContext, job: Job, timeout: float) -> None:
    try:
        with closing(open_progress(job)) as progress:
            _follow(context, job, progress, time.monotonic() + timeout)
    except KeyboardInterrupt:
        print(
            f"Stopped. The job {job.id} stays on the queue and is painted when workers run again."
        )
        raise


def _follow(context: AppContext, job: Job, progress: Progress, deadline: float) -> None:
    """Return once all that the job promises lies in the store."""
    while True:
        view = context.find_job(job.id) or initial_view(job)
        progress.show(view, words(view, context.sampler.snapshot()))
        if view.state in FINISHED and _is_complete(context, view):
            return
        if time.monotonic() > deadline:
            _give_up(job)
        time.sleep(_LOOK_EVERY)


def _is_complete(context: AppContext, view: JobView) -> bool:
    if view.state == "failed":
        raise JobIncomplete(f"The job failed: {view.detail or 'nobody said why.'}")
    if view.state == "cancelled":
        raise JobIncomplete("The job was cancelled.")
    with suppress(StoreError):  # it was away a moment; the next look may find them
        return all(context.store.exists(name) for name in object_names(view.job))
    return False


def _give_up(job: Job) -> NoReturn:
    raise JobIncomplete(f"The pictures did not come in time; the job {job.id} stays on the queue.")


def _stop(context: AppContext) -> None:
    if context.supervisor and context.supervisor.busy_workers():
        grace = context.settings.grace_period
        print(f"Workers finish what they have, {grace:g} s at most; Ctrl+C ends them at once.")
    runtime.stop()


def object_names(job: Job) -> list[str]:
    """Name every object that a finished job has in the store."""
    return [*(picture_name(job.id, n) for n in range(job.count)), metadata_name(job.id)]


def places(settings: Settings, job: Job) -> list[str]:
    """Say where a person finds each object: a path, or the address in the store."""
    names = object_names(job)
    if settings.minio_endpoint:
        return [f"s3://{settings.minio_bucket}/{name}" for name in names]
    return [str(Path(settings.data_dir, "pictures", name)) for name in names]


if __name__ == "__main__":
    typer.run(main)
