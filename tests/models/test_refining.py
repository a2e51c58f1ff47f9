"""The decoder's last lesson: windows, pairs and a loss that likes crisp edges."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documents use

from models.train.decoder import SCALING, new_autoencoder, picture_loss
from models.train.latents import fit_basis
from models.train.paired import nearest_rendering
from models.train.render import compositions, render
from models.train.vocabulary import COLOURS, SETTINGS, SUBJECTS, Scene
from models.train.windows import CELL, choose_corner, cut_pixels, paint_windows

HOUSE = Scene(SUBJECTS.index("house"), COLOURS.index("red"), SETTINGS.index("meadow"), 0)


def test_windows_lie_where_edges_are() -> None:
    """Most windows of a picture that is plain but for one corner show that corner."""
    picture = np.zeros((256, 256, 3), np.uint8)
    picture[200:240:4, 200:240] = 255
    random = np.random.default_rng(0)
    corners = [choose_corner(picture, random) for _ in range(40)]
    assert np.mean([cut_pixels(picture, corner).any() for corner in corners]) > 0.7


def test_windows_are_parts_of_the_whole_picture() -> None:
    """Away from its border, a window has the pixels that the whole picture has there."""
    torch.manual_seed(0)
    decoder = new_autoencoder(8, (1, 1, 0, 0, 0)).decoder
    codes = torch.randn(2, 32, 16, 16) / SCALING
    with torch.no_grad():
        whole = decoder(codes)
        windows = paint_windows(decoder, codes, [(0, 0), (5, 9)])
    inner = np.s_[:, 24:-24, 24:-24]
    top, left = 5 * CELL, 9 * CELL
    assert torch.allclose(windows[0][inner], whole[0, :, :128, :128][inner], atol=1e-5)
    there = whole[1, :, top : top + 128, left : left + 128]
    assert torch.allclose(windows[1][inner], there[inner], atol=1e-5)


def test_a_painted_picture_is_paired_with_its_own_composition() -> None:
    """Among a scene's compositions the one is found whose latents were painted, if not cleanly."""
    pictures = np.stack([render(HOUSE, composition) for composition in compositions()])
    basis = fit_basis(pictures)
    torch.manual_seed(0)
    for picture, code in zip(pictures, basis.encode(pictures), strict=True):
        painted = code * 1.2 + torch.randn_like(code) * 0.3
        assert np.array_equal(nearest_rendering(HOUSE, painted, basis), picture)


@pytest.mark.parametrize("shift", [1, 2])
def test_a_crisp_edge_out_of_place_is_better_than_a_blurred_one(shift: int) -> None:
    """What the decoder learns from prefers an edge that is off by a pixel or two to a soft one."""
    wanted = torch.full((1, 3, 32, 32), -1.0)
    wanted[..., 16:] = 1.0
    blurred = F.avg_pool2d(F.pad(wanted, (4, 4, 4, 4), "replicate"), 9, stride=1)
    assert picture_loss(wanted.roll(shift, -1)[..., 4:-4], wanted[..., 4:-4]) < picture_loss(
        blurred[..., 4:-4], wanted[..., 4:-4]
    )
