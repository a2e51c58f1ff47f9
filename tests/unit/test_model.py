"""What a model accepts."""

import pytest

from core.errors import MessageError
from wire.messages.model import ModelCapabilities, accepted_part, require_accepted
from wire.messages.parameters import GenerationParameters

PICTURE = "0190b7a4-7a4e-7c3a-9d2e-0123456789ab-0.png"
MODEL = ModelCapabilities(
    model_id="m",
    accepts=("prompt", "width", "height", "steps", "seed", "scheduler", "loras"),
    size_multiple=16,
    min_side=128,
    max_steps=8,
    schedulers=("Euler", "Euler a"),
    loras=("ink",),
)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"negative_prompt": "blurry"}, "The model m takes no negative_prompt."),
        ({"width": 64}, "The width must be 128 to 2048 pixels for this model, not 64."),
        ({"height": 264}, "nearest are 256 and 272, not 264"),
        ({"steps": 9}, "at most 8 steps, not 9"),
        ({"scheduler": "DDIM"}, "there are: Euler, Euler a"),
        ({"loras": [{"name": "oil"}]}, "no LoRA oil; there are: ink"),
    ],
)
def test_refusal_says_what_is_accepted_instead(fields: dict, problem: str):
    """Each parameter that the model does not take is refused with what it takes."""
    with pytest.raises(MessageError, match=problem):
        require_accepted(MODEL, GenerationParameters(prompt="x", **fields))
    accepted, problems = accepted_part(MODEL, {"prompt": "a cat", **fields})
    assert accepted == {"prompt": "a cat"}
    assert problem in problems[0]


def test_invalid_values_of_a_foreign_picture_are_left_out():
    """Values that no model takes are left out with a reason each; the others are kept."""
    fields = {"prompt": "a cat", "width": 500, "seed": 2**40, "steps": 4, "model": "x"}
    accepted, problems = accepted_part(MODEL, fields)
    assert accepted == {"prompt": "a cat", "steps": 4}
    assert [problem.split()[1] for problem in problems] == ["width", "seed"]


@pytest.mark.parametrize(
    "fields", [{"scheduler": "x\x1b[2J"}, {"loras": [{"name": "x\n12:00:00 INFO done"}]}]
)
def test_names_are_one_line(fields: dict):
    """Names are repeated in log lines, which they cannot imitate."""
    accepted, problems = accepted_part(MODEL, fields)
    assert accepted == {}
    assert "contains control characters" in problems[0]


def test_blank_scheduler_is_the_models_own():
    """An empty text is no scheduler, as an empty negative prompt is none."""
    assert GenerationParameters(prompt="x", scheduler=" ").scheduler is None


def test_default_strength_belongs_to_an_initial_picture():
    """Metadata states the strength that was used, and none where it has no meaning."""
    defaults = {"steps": 4, "strength": 0.8}
    plain = GenerationParameters(prompt="a cat").with_defaults(defaults)
    changed = GenerationParameters(prompt="a cat", init_image=PICTURE).with_defaults(defaults)
    assert (plain.steps, plain.strength, changed.strength) == (4, None, 0.8)


def test_lora_is_named_once():
    """Two weights of one LoRA contradict each other; diffusers would apply the last one twice."""
    loras = [{"name": "ink"}, {"name": "ink", "weight": 0.5}]
    accepted, problems = accepted_part(MODEL, {"prompt": "a cat", "loras": loras})
    assert accepted == {"prompt": "a cat"}
    assert problems == ("The loras names a LoRA twice.",)
