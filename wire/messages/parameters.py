"""Generation parameters: everything that determines a picture, spelled out once.

Jobs, metadata, events and the worker's calls embed these fields; the form, the command line
and the API are made from them. A new parameter needs a field here and its translation to the
pipeline's arguments in the worker.
"""

import operator
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from core.model_defaults import GuidanceScale, Side, Steps
from wire.messages.object_names import parse_picture_name

MAX_PROMPT_CHARACTERS = 1000
MAX_LORAS = 8
REQUIRES = {"strength": "init_image"}
"""Parameters that have no effect without another."""


def _one_line(text: str) -> str:
    if any(ord(letter) < 32 for letter in text):
        raise ValueError("contains control characters")
    return text


def _clean_text(text: str) -> str:
    _one_line("".join(letter for letter in text if not letter.isspace()))
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("is not valid Unicode")
    return " ".join(text.split())


def _clean_prompt(text: str) -> str:
    text = _clean_text(text)
    if not text:
        raise ValueError("is empty")
    return text


def _none_if_blank(text: str) -> str | None:
    return _clean_text(text) or None


def _none_if_negative(seed: object) -> object:
    """Accept a negative seed, which the older sample and other tools use for a random one."""
    return None if isinstance(seed, int) and not isinstance(seed, bool) and seed < 0 else seed


def _is_picture_name(name: str) -> str:
    if parse_picture_name(name) is None:
        raise ValueError("is not the name of a picture in the gallery")
    return name


def _have_distinct_names(loras: "tuple[Lora, ...]") -> "tuple[Lora, ...]":
    if len({lora.name for lora in loras}) < len(loras):
        raise ValueError("names a LoRA twice")
    return loras


class Lora(BaseModel):
    """A LoRA adapter by its file name without suffix, or its name on the hub, and its weight."""

    model_config = ConfigDict(frozen=True, strict=True)

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
    weight: Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)] = 1.0


Prompt = Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS), AfterValidator(_clean_prompt)]
NegativePrompt = Annotated[
    str, Field(max_length=MAX_PROMPT_CHARACTERS), AfterValidator(_none_if_blank)
]
Scheduler = Annotated[str, Field(max_length=40), AfterValidator(_none_if_blank)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
# At least one step of the 50 that a consistency model has.
Strength = Annotated[float, Field(ge=0.02, le=1)]
# JSON has lists, not tuples, which strict mode would refuse.
Loras = Annotated[
    tuple[Lora, ...],
    Field(max_length=MAX_LORAS, strict=False),
    AfterValidator(_have_distinct_names),
]


class GenerationParameters(BaseModel):
    """The parameters of a picture. ``None`` means the default of the worker's model.

    Fields that this version does not know are kept, so that a job of a newer client loses
    nothing when it is retried here.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")

    prompt: Annotated[Prompt, Field(title="Prompt", description="what the picture shows")]
    negative_prompt: Annotated[
        NegativePrompt | None,
        Field(title="Negative prompt", description="what the picture should not show"),
    ] = None
    width: Annotated[Side | None, Field(title="Width", description="pixels")] = None
    height: Annotated[Side | None, Field(title="Height", description="pixels")] = None
    steps: Annotated[Steps | None, Field(title="Steps", description="denoising steps")] = None
    guidance_scale: Annotated[
        GuidanceScale | None,
        Field(title="Guidance scale", description="how closely the picture follows the prompt"),
    ] = None
    scheduler: Annotated[
        Scheduler | None,
        Field(title="Scheduler", description="sampling method, such as Euler a"),
    ] = None
    seed: Annotated[
        Seed | None,
        BeforeValidator(_none_if_negative),
        Field(title="Seed", description="equal seeds generate equal pictures"),
    ] = None
    loras: Annotated[
        Loras,
        Field(
            title="LoRAs",
            description="adapters of the model, each with a weight",
            exclude_if=operator.not_,
        ),
    ] = ()
    init_image: Annotated[
        Annotated[str, AfterValidator(_is_picture_name)] | None,
        Field(title="Initial picture", description="name of a picture in the gallery"),
    ] = None
    strength: Annotated[
        Strength | None,
        Field(title="Strength", description="how much of the initial picture changes"),
    ] = None

    @property
    def parameters(self) -> "GenerationParameters":
        """Only the parameters, where further fields are added to them."""
        return GenerationParameters(**{name: getattr(self, name) for name in PARAMETERS})

    def with_defaults(self, defaults: dict[str, Any]) -> "GenerationParameters":
        """Return the parameters with a model's defaults for the unset ones that have an effect."""
        unset = {
            name: value
            for name, value in defaults.items()
            if getattr(self, name) is None and self._has_effect(name)
        }
        return self.parameters.model_copy(update=unset)

    def _has_effect(self, name: str) -> bool:
        required = REQUIRES.get(name)
        return required is None or getattr(self, required) is not None


PARAMETERS = tuple(GenerationParameters.model_fields)
"""The names of all parameters, in the order of the form."""
