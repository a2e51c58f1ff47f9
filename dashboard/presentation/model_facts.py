"""Read what pages show about the model that the workers use."""

from dataclasses import dataclass, field

from core.errors import ModelUnavailable
from core.model_defaults import ModelDefaults, published_defaults, read_model_defaults
from core.settings import Settings
from wire.messages.model import ModelCapabilities

BUNDLED_MODEL: str = Settings.model_fields["model_id"].default
_SUGGESTIONS = ("yellow submarine", "cartoon dwarf", "cat at night", "castle in snow")


@dataclass(frozen=True)
class ModelFacts:
    """Suggestions, defaults and vocabulary of a model, for the prompt form."""

    suggestions: tuple[str, ...] = _SUGGESTIONS
    defaults: ModelDefaults | None = None
    """Values for empty fields; None if only the model's pipeline has them."""
    vocabulary: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that the model was trained on, by kind; empty for large models."""
    notice: str | None = None
    """A sentence about the model, or why it cannot be used."""


def assumed_capabilities(model_id: str, facts: ModelFacts) -> ModelCapabilities:
    """Return what every model accepts, for the time until a worker has announced more."""
    defaults = (
        facts.defaults.model_dump(include={"width", "height", "steps"}) if facts.defaults else {}
    )
    return ModelCapabilities(model_id=model_id, defaults=defaults)


def read(model_id: str, recorded: bool = False) -> ModelFacts:
    """Read the facts about a model without loading it.

    Args:
        model_id: a folder or a name on the hub.
        recorded: the name is from a recording, which may come from anybody, so it is text: no
            folder but that of the bundled model is read.

    """
    try:
        if recorded and model_id != BUNDLED_MODEL:
            defaults = published_defaults(model_id)
        else:
            defaults = read_model_defaults(model_id)
    except ModelUnavailable as error:
        return ModelFacts(notice=str(error))
    if defaults is None:
        return ModelFacts()
    suggestions = defaults.suggestions or _SUGGESTIONS
    return ModelFacts(suggestions, defaults, defaults.vocabulary, defaults.notice)
