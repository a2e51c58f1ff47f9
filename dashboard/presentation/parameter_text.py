"""Format the parameters of a job or picture."""

from collections.abc import Iterable, Iterator

from dashboard.presentation import formatting
from wire.messages.parameters import PARAMETERS, GenerationParameters, Lora

_SUMMARIZED = ("prompt", "width", "height", "steps", "seed")


def summary(parameters: GenerationParameters) -> str:
    """Format size, steps and seed: ``512 by 512, 4 steps, seed 7``."""
    width, height, steps = parameters.width, parameters.height, parameters.steps
    parts = (
        f"{width} by {height}" if width and height else None,
        formatting.pluralize(steps, "step") if steps else None,
        f"seed {parameters.seed}" if parameters.seed is not None else None,
    )
    return ", ".join(filter(None, parts)) or "model defaults"


def rows(
    parameters: GenerationParameters, without: Iterable[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield title and value of every further parameter that is set."""
    for name in PARAMETERS:
        value = getattr(parameters, name)
        if name not in (*_SUMMARIZED, *without) and value not in (None, ()):
            yield GenerationParameters.model_fields[name].title or name, _format(value)


def _format(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_format(item) for item in value)
    if isinstance(value, Lora):
        return f"{value.name} {value.weight:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)
