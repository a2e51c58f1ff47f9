"""Object names, metadata and PNG encoding of pictures."""

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import MessageError
from wire.messages.metadata import Metadata, Timings, decode_metadata, encode_metadata
from wire.messages.object_names import (
    PictureName,
    metadata_name,
    parse_metadata_name,
    parse_picture_name,
    picture_name,
)
from wire.stores.base import checked_name
from worker.png import encode_png

JOB_ID = "01a20927-6b04-7539-8322-cccd99c576d8"

METADATA = Metadata(
    prompt="cartoon dwarf",
    image_width=256,
    image_height=256,
    lcm_model_id="models/demo",
    inference_steps=4,
    guidance_scale=1.0,
    number_of_images=2,
    seed=7,
    use_seed=True,
    id=JOB_ID,
    pictures=(picture_name(JOB_ID, 0), picture_name(JOB_ID, 1)),
    seeds=(7, 8),
    timings=Timings(waiting=1.5, painting=0.5, storing=0.1),
)


@given(st.uuids(), st.integers(0, 9999))
def test_picture_name_survives_a_round_trip(identity, number: int):
    """Job id and number are parsed from a picture's name, and the store accepts the name."""
    name = picture_name(str(identity), number)
    assert parse_picture_name(name) == PictureName(str(identity), number)
    assert parse_metadata_name(metadata_name(str(identity))) == str(identity)
    assert checked_name(name) == name


@given(st.text())
def test_other_names_are_not_parsed(name: str):
    """Any other name in the bucket or in a URL is neither a picture nor metadata."""
    assert parse_picture_name(name) is None
    assert parse_metadata_name(name) is None


@pytest.mark.parametrize(
    "name",
    [
        f"{JOB_ID}-1.png\n",
        f"../{JOB_ID}-1.png",
        f"{JOB_ID.upper()}-1.png",
        f"{JOB_ID}-.png",
        f"{JOB_ID}-٣.png",
        f"{JOB_ID}-12345.png",
        f"{JOB_ID}-01.png",
    ],
)
def test_almost_valid_name_is_not_parsed(name: str):
    """A picture has exactly one name."""
    assert parse_picture_name(name) is None


def test_metadata_has_the_keys_of_the_older_sample():
    """Tools for the older sample's JSON find all its keys."""
    fields = json.loads(encode_metadata(METADATA))
    assert fields["lcm_model_id"] == "models/demo"
    assert fields["diffusion_task"] == "text_to_image"
    assert {"prompt", "image_width", "image_height", "inference_steps", "guidance_scale",
            "number_of_images", "seed", "use_seed", "use_openvino"} <= fields.keys()  # fmt: skip


def test_metadata_survives_a_round_trip():
    """No field of the metadata is lost."""
    assert decode_metadata(encode_metadata(METADATA)) == METADATA


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"prompt": 7}'])
def test_invalid_metadata_raises_message_error(body: bytes):
    """A damaged metadata object cannot crash the gallery."""
    with pytest.raises(MessageError, match="metadata is not valid"):
        decode_metadata(body)


def test_png_is_lossless():
    """Encoding changes no pixel, and the order of the channels is right."""
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    body = encode_png(pixels)
    assert body.startswith(b"\x89PNG\r\n\x1a\n")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(body))), pixels)
