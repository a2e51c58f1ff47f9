"""Refining the decoder: crops, pairs and a loss that prefers crisp edges."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use

from models.train.crops import CELL, crop_pixels, decode_crops, sample_corner
from models.train.decoder import SCALING_FACTOR, build_autoencoder, picture_loss
from models.train.latents import fit_basis
from models.train.refinement import nearest_rendering
from models.train.render import compositions, render
from models.train.vocabulary import COLOURS, SETTINGS, SUBJECTS, Scene

HOUSE = Scene(SUBJECTS.index("house"), COLOURS.index("red"), SETTINGS.index("meadow"), 0)


def test_crops_prefer_edges() -> None:
    """Most crops of a picture that is plain but for one corner show that corner."""
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[200:240:4, 200:240] = 255
    random = np.random.default_rng(0)
    corners = [sample_corner(picture, random) for _ in range(40)]
    assert np.mean([crop_pixels(picture, corner).any() for corner in corners]) > 0.7


def test_decoded_crops_equal_the_decoded_picture() -> None:
    """Away from its border, a crop has the pixels that the whole picture has there."""
    torch.manual_seed(0)
    decoder = build_autoencoder(8, (1, 1, 0, 0, 0)).get_submodule("decoder")
    latents = torch.randn(2, 32, 16, 16) / SCALING_FACTOR
    with torch.no_grad():
        whole = decoder(latents)
        crops = decode_crops(decoder, latents, [(0, 0), (5, 9)])
    inner = np.s_[:, 24:-24, 24:-24]
    top, left = 5 * CELL, 9 * CELL
    assert torch.allclose(crops[0][inner], whole[0, :, :128, :128][inner], atol=1e-5)
    there = whole[1, :, top : top + 128, left : left + 128]
    assert torch.allclose(crops[1][inner], there[inner], atol=1e-5)


def test_generated_latents_are_paired_with_their_composition() -> None:
    """Noisy latents of one of a scene's compositions are paired with that composition."""
    pictures = np.stack([render(HOUSE, composition) for composition in compositions()])
    basis = fit_basis(pictures)
    torch.manual_seed(0)
    for picture, latent in zip(pictures, basis.encode(pictures), strict=True):
        generated = latent * 1.2 + torch.randn_like(latent) * 0.3
        assert np.array_equal(nearest_rendering(HOUSE, generated, basis), picture)


@pytest.mark.parametrize("shift", [1, 2])
def test_a_crisp_edge_out_of_place_is_better_than_a_blurred_one(shift: int) -> None:
    """The decoder's loss is lower for an edge that is off by a pixel or two than for a soft one."""
    target = torch.full((1, 3, 32, 32), -1.0)
    target[..., 16:] = 1.0
    blurred = F.avg_pool2d(F.pad(target, (4, 4, 4, 4), "replicate"), 9, stride=1)
    assert picture_loss(target.roll(shift, -1)[..., 4:-4], target[..., 4:-4]) < picture_loss(
        blurred[..., 4:-4], target[..., 4:-4]
    )
