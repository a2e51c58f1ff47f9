"""What the page says of the model that the workers use."""

from dataclasses import dataclass, field

from core.errors import ModelUnavailable
from core.model_defaults import ModelDefaults, read_model_defaults

_SUGGESTIONS = ("yellow submarine", "cartoon dwarf", "cat at night", "castle in snow")


@dataclass(frozen=True)
class ModelFacts:
    """A model, as far as a person at the form wants to know it."""

    suggestions: tuple[str, ...] = _SUGGESTIONS
    defaults: ModelDefaults | None = None
    """What the model uses where a field is left empty; None if only its pipeline knows."""
    vocabulary: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The words that it knows, by kind; empty for models that know most."""
    notice: str | None = None


def read(model_id: str) -> ModelFacts:
    """Read what is known of a model without loading it."""
    try:
        defaults = read_model_defaults(model_id)
    except ModelUnavailable as error:
        return ModelFacts(notice=str(error))
    if defaults is None:
        return ModelFacts()
    suggestions = defaults.suggestions or _SUGGESTIONS
    return ModelFacts(suggestions, defaults, defaults.vocabulary, defaults.notice)
