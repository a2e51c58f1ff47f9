"""Input fields and texts that are made from the generation parameters."""

import inspect
from datetime import UTC

import pytest
import typer

from dashboard.cli import example_options, run_example
from dashboard.components.pictures import details
from dashboard.components.studio.parameter_inputs import rows
from dashboard.presentation import parameter_text
from dashboard.presentation.parameter_fields import ANY_MODEL, parameter_fields
from tests.support.browser.scripted_worker import MODEL
from tests.support.samples import metadata_of
from wire.messages.job import JobRequest, new_job
from wire.messages.model import ModelCapabilities
from wire.messages.object_names import PictureName
from wire.messages.parameters import PARAMETERS, GenerationParameters, Lora

FULL = GenerationParameters(
    prompt="a cat",
    negative_prompt="blurry",
    width=512,
    height=256,
    steps=1,
    guidance_scale=7.0,
    scheduler="Euler a",
    seed=7,
    loras=(Lora(name="ink", weight=0.8), Lora(name="oil")),
    strength=0.5,
)


def test_every_parameter_has_a_field_and_an_option():
    """A new parameter appears in the form and on the command line without further code."""
    names = [field.name for field in parameter_fields(ANY_MODEL)]
    assert ["prompt", *names] == list(PARAMETERS)
    assert all(field.title and field.description for field in parameter_fields(ANY_MODEL))
    assert set(PARAMETERS) < set(inspect.signature(run_example.main).parameters)


def test_example_without_options_is_that_of_the_older_sample():
    """`make run-example` alone generates one yellow submarine, as the older sample did."""
    parameters = inspect.signature(run_example.main).parameters
    assert parameters["prompt"].default == "yellow submarine"
    assert parameters["num_images"].default == 1
    assert parameters["separate"].default is False


def test_fields_have_the_limits_of_the_model():
    """Limits, steps, choices and defaults are those that the worker announced."""
    fields = {field.name: field for field in parameter_fields(MODEL)}
    width, steps = fields["width"], fields["steps"]
    assert (width.minimum, width.maximum, width.step, width.default) == (64, 1024, 16, "256")
    assert (steps.minimum, steps.maximum) == (1, 50)
    assert fields["scheduler"].choices == MODEL.schedulers
    assert fields["seed"].default == "random"
    assert fields["guidance_scale"].default == "7.5"
    assert (fields["strength"].minimum, fields["strength"].step) == (0.02, 0.01)


@pytest.mark.parametrize(
    ("accepts", "expected"),
    [
        (PARAMETERS, "negative_prompt|width height|steps guidance_scale|scheduler seed|loras|"
                     "init_image|strength"),
        (ModelCapabilities(model_id="m").accepts, "width height|steps seed"),
        (("loras", "seed", "steps", "strength"), "steps seed|loras|strength"),
    ],
)  # fmt: skip
def test_narrow_fields_share_rows(accepts: tuple[str, ...], expected: str):
    """Only what the model accepts is shown: numbers and choices in pairs, others alone."""
    model = MODEL.model_copy(update={"accepts": accepts})
    arranged = [" ".join(field.name for field in row) for row in rows(parameter_fields(model))]
    assert "|".join(arranged) == expected


def test_text_names_every_parameter():
    """What determined a picture can be read; unset parameters are the model's defaults."""
    assert parameter_text.summary(FULL) == "512 by 256, 1 step, seed 7"
    assert parameter_text.summary(GenerationParameters(prompt="x")) == "model defaults"
    assert dict(parameter_text.rows(FULL)) == {
        "Negative prompt": "blurry",
        "Guidance scale": "7",
        "Scheduler": "Euler a",
        "LoRAs": "ink 0.8, oil 1",
        "Strength": "0.5",
    }
    assert list(parameter_text.rows(GenerationParameters(prompt="x"))) == []


def test_details_of_a_picture_name_what_was_withheld_and_read():
    """The table says what the text encoder read, and what the safety checker rejected."""
    job = new_job(JobRequest(prompt="a cat", count=4))
    metadata = metadata_of(job).model_copy(
        update={"parameters": FULL, "withheld": (2,), "prompt_read": "a c"}
    )
    table = dict(details.rows(metadata, PictureName(job.id, 0), UTC))
    assert table["The text encoder read"] == "a c"
    assert table["Withheld by the safety checker"] == "1 of 4"
    assert table["Scheduler"] == "Euler a"


def test_options_become_fields_of_a_request():
    """Unset options are left out; a LoRA is a name, with a weight after a colon."""
    options = {"steps": 4, "width": None, "loras": ["ink:0.5", "user/oil"]}
    assert example_options.request_fields(options) == {
        "steps": 4,
        "loras": [{"name": "ink", "weight": 0.5}, {"name": "user/oil"}],
    }
    with pytest.raises(typer.BadParameter, match="much is not a weight"):
        example_options.request_fields({"loras": ["ink:much"]})
