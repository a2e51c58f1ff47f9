"""The results of a GPU as the table of docs/figures.md."""

from typing import Any

_ROWS = {
    "plain diffusers loop, batch 1": "plain_batch_1",
    "plain diffusers loop, batch 8": "plain_batch_8",
    "the worker, queue to stored PNG": "worker",
    "the bare UNet and VAE, best batch": "bare",
    "the same, compiled": "bare_compiled",
}


def markdown(results: dict[str, Any]) -> str:
    """Return the figures as a table; what was not measured is a dash."""
    header = f"| pictures/s on {results['gpu']}, 512 x 512, one step | full VAE | TAESD |"
    rows = [
        f"| {title} | {_rate(results, 'full', name)} | {_rate(results, 'tiny', name)} |"
        for title, name in _ROWS.items()
    ]
    per_job = f"| one process per job | - | {_number(results.get('process_per_job'))} |"
    return "\n".join((header, "|---|---|---|", *rows, per_job))


def _rate(results: dict[str, Any], vae: str, name: str) -> str:
    value = results.get(f"{vae}.{name}")
    return _number(value["pictures_per_second"] if isinstance(value, dict) else value)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
