"""The diffusers generator, with the untrained pipeline: every line but the weights is real."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from core.errors import GenerationFailed, ModelUnavailable
from core.model_defaults import read_model_defaults
from tests.support.noise_model import NOTICE, build
from worker.generator import GenerationParameters, Interrupted
from worker.generator_diffusers import DiffusersGenerator, load

BASE = GenerationParameters(prompt="cartoon dwarf", seed=7, width=256, height=256, steps=4)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "noise"
    build(folder)
    return folder


@pytest.fixture(scope="session")
def generator(folder: Path) -> DiffusersGenerator:
    return load(str(folder), "cpu")


def generate(generator: DiffusersGenerator, *parameters: GenerationParameters) -> list[np.ndarray]:
    return generator.generate(list(parameters), on_step=lambda _: None, should_stop=lambda: False)


def changed(**fields: object) -> GenerationParameters:
    return GenerationParameters(**(vars(BASE) | fields))


def test_a_picture_has_the_size_that_was_asked_for(generator: DiffusersGenerator):
    """A painting is height x width x 3 bytes, and not one flat colour."""
    [picture] = generate(generator, changed(width=192, height=128))
    assert picture.shape == (128, 192, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 1


def test_the_same_seed_gives_the_same_picture(generator: DiffusersGenerator):
    """The same seed generates the same bytes; another seed, another picture."""
    first, again, other = (generate(generator, each)[0] for each in (BASE, BASE, changed(seed=8)))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_picture_is_the_same_alone_and_in_company(generator: DiffusersGenerator):
    """A picture's seed is its own: painted with others it looks as it does alone.

    One grey level is allowed, since a sum over a batch may be added in another order.
    """
    company = generate(generator, changed(seed=6, prompt="a boat"), BASE, changed(seed=8))
    [alone] = generate(generator, BASE)
    assert np.abs(company[1].astype(int) - alone).max() <= 1


def test_another_prompt_gives_another_picture(generator: DiffusersGenerator):
    """The prompt reaches the model, also one in letters that no model was trained on."""
    pictures = generate(generator, BASE, changed(prompt="żółta łódź 🚤 " * 60))
    assert not np.array_equal(*pictures)


def test_each_step_is_told(generator: DiffusersGenerator):
    """A listener hears 1, 2, … up to the number of steps, once each."""
    steps = []
    generator.generate([BASE], on_step=steps.append, should_stop=lambda: False)
    assert steps == [1, 2, 3, 4]


def test_painting_ends_at_the_step_at_which_it_should(generator: DiffusersGenerator):
    """Told to stop, a painting ends after that step, and the generator can paint again."""
    steps = []
    with pytest.raises(Interrupted):
        generator.generate([BASE], on_step=steps.append, should_stop=lambda: len(steps) == 2)
    assert steps == [1, 2]
    assert len(generate(generator, BASE)) == 1


def test_a_size_that_the_model_cannot_paint_is_a_sentence(generator: DiffusersGenerator):
    """What the pipeline refuses is GenerationFailed with its reason, not the library's error."""
    with pytest.raises(GenerationFailed, match="divisible by 8"):
        generate(generator, changed(width=100))


def test_a_model_brings_its_defaults(generator: DiffusersGenerator):
    """Steps, guidance and size come from the defaults.json that travels with a model."""
    described = generator.model
    assert (described.steps, described.guidance_scale) == (4, 1.0)
    assert (described.width, described.height) == (256, 256)
    assert described.device == "cpu"
    assert described.tiny_decoder


def test_a_model_without_defaults_uses_its_pipelines(folder: Path, tmp_path: Path):
    """Without defaults.json the size is what the UNet was made for, guidance the pipeline's."""
    plain = shutil.copytree(folder, tmp_path / "plain")
    (plain / "defaults.json").unlink()
    described = load(str(plain), "cpu").description
    assert (described.width, described.height) == (256, 256)
    assert described.guidance_scale == 7.5


def test_weights_that_are_cut_off_are_a_sentence(folder: Path, tmp_path: Path):
    """A half-copied model names its folder and what is wrong, and no traceback."""
    broken = shutil.copytree(folder, tmp_path / "broken")
    weights = broken / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelUnavailable, match=f"The model in {broken} cannot be loaded"):
        load(str(broken), "cpu")


def test_defaults_are_read_without_the_model(folder: Path, tmp_path: Path):
    """The page knows a model's suggestions and notice; a hub model has its card's numbers."""
    defaults = read_model_defaults(str(folder))
    assert "cartoon dwarf" in defaults.suggestions
    assert defaults.notice == NOTICE
    assert read_model_defaults("stabilityai/sd-turbo").steps == 1
    assert read_model_defaults(str(tmp_path)) is None


@pytest.mark.parametrize("text", ["", "[]", '{"steps": 0}', '{"steps": "many"}'])
def test_defaults_that_are_wrong_name_their_file(tmp_path: Path, text: str):
    """A defaults.json that cannot be used says where it is and which field is wrong."""
    (tmp_path / "defaults.json").write_text(text)
    with pytest.raises(ModelUnavailable, match=r"defaults\.json is not valid"):
        read_model_defaults(str(tmp_path))


def test_the_untrained_model_is_built_the_same_each_time(folder: Path, tmp_path: Path):
    """Two builds hold the same bytes, so a picture's seed means the same on each machine."""
    build(tmp_path)
    for name in ("unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model"):
        assert (tmp_path / f"{name}.safetensors").read_bytes() == (
            folder / f"{name}.safetensors"
        ).read_bytes()
    assert json.loads((tmp_path / "defaults.json").read_text())["notice"] == NOTICE
