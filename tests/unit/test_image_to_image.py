"""Which class starts from an initial picture: found by name, as in diffusers' own table."""

import inspect
from types import SimpleNamespace
from typing import Any

import pytest
from diffusers.pipelines.auto_pipeline import (
    AUTO_IMAGE2IMAGE_PIPELINES_MAPPING,
    AUTO_TEXT2IMAGE_PIPELINES_MAPPING,
    _get_task_class,
)

from worker.pipeline.image_to_image import image_pipeline_class


@pytest.mark.parametrize(
    "name", [each.__name__ for each in AUTO_TEXT2IMAGE_PIPELINES_MAPPING.values()]
)
def test_class_is_that_of_the_table_of_diffusers(name: str):
    """For each class of the table that changes a picture with some strength, the same is found."""
    expected = _get_task_class(AUTO_IMAGE2IMAGE_PIPELINES_MAPPING, name, False)
    takes = set(inspect.signature(expected.__call__).parameters) if expected else set()
    found = image_pipeline_class(_pipeline(name))
    if {"image", "strength"} <= takes:
        assert found is expected
    else:
        assert found is None or expected is None


def test_class_without_an_image_class_is_refused():
    """A class that has no counterpart for pictures takes none."""
    assert image_pipeline_class(_pipeline("PixArtAlphaPipeline")) is None


def _pipeline(name: str) -> Any:
    return type(name, (SimpleNamespace,), {})()
