"""The table of docs/models.md agrees with diffusers and with the worker's own defaults."""

import ast
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

from core.model_defaults import ModelDefaults, read_model_defaults

PAGE = (Path(__file__).parents[2] / "docs" / "models.md").read_text()


def table_of_models() -> dict[str, dict[str, str]]:
    """Return the rows of the table by model, each with its cells by column."""
    lines = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("|")]
    start = next(index for index, cells in enumerate(lines) if cells[0] == "model")
    header = [re.sub(r" \(.*\)", "", column) for column in lines[start]]
    rows = [cells for cells in lines[start + 2 :] if "](" in cells[0]]
    return {
        re.findall(r"`(.*)`", cells[0])[0]: dict(zip(header, cells, strict=True)) for cells in rows
    }


@cache
def sources() -> dict[str, str]:
    """Return the modules of diffusers' pipelines, which are not imported: that takes seconds."""
    folder = Path(find_spec("diffusers").submodule_search_locations[0]) / "pipelines"
    return {file.name: file.read_text() for file in folder.rglob("*pipeline*.py")}


@cache
def pipeline_defaults(class_name: str) -> dict[str, object]:
    """Return the literal defaults of a pipeline's call, by argument."""
    [source] = [text for text in sources().values() if f"class {class_name}(" in text]
    pipeline = next(
        node for node in ast.parse(source).body if getattr(node, "name", "") == class_name
    )
    call = next(node for node in pipeline.body if getattr(node, "name", "") == "__call__").args
    names = [argument.arg for argument in call.args][-len(call.defaults) :]
    return {
        name: value.value
        for name, value in zip(names, call.defaults, strict=True)
        if isinstance(value, ast.Constant)
    }


def own_defaults(row: dict[str, str]) -> dict[str, object]:
    """Return what a pipeline's class says of steps, guidance and size."""
    call = pipeline_defaults(row["pipeline"])
    guidance = call["guidance_scale"]
    return {
        "steps": call["num_inference_steps"],
        "guidance": call["true_cfg_scale"] if guidance is None else guidance,
        "size": call.get("height") or float(row["size"]),
    }


def card(defaults: ModelDefaults) -> dict[str, object]:
    return {
        "steps": defaults.steps,
        "guidance": defaults.guidance_scale,
        "size": defaults.width,
    }


@pytest.mark.parametrize("model", table_of_models())
def test_defaults_are_those_of_the_worker(model: str) -> None:
    """Steps, guidance and size are those of the model's card, or else of its pipeline."""
    row = table_of_models()[model]
    known = read_model_defaults(model)
    expected = card(known) if known else own_defaults(row)
    assert {name: float(row[name]) for name in expected} == expected


def test_every_pipeline_generates_from_text() -> None:
    """Each pipeline class is in diffusers' own table of text-to-image pipelines."""
    source = sources()["auto_pipeline.py"]
    table = source[source.index("AUTO_TEXT2IMAGE_PIPELINES_MAPPING =") :]
    listed = set(re.findall(r'\("[\w-]+", (\w+)\)', table[: table.index("]")]))
    listed |= set(re.findall(r"AUTO_TEXT2IMAGE_PIPELINES_MAPPING\[.*\] = (\w+)", source))
    assert {row["pipeline"] for row in table_of_models().values()} <= listed


def test_every_model_has_all_values_and_a_source() -> None:
    """Each model links to its page, and each value is given or said to be unknown."""
    for model, row in table_of_models().items():
        assert all(row.values()), model
        assert re.fullmatch(r"\[`.+`\]\(https://huggingface\.co/[^/]+/[^/]+\)", row["model"])
        assert row["gated"] in ("yes", "no", "unknown")
        for column in ("disk", "GPU memory"):
            assert re.match(r"[0-9.]+(;|$)|unknown", row[column]), model


@pytest.mark.parametrize(
    ("name", "pipeline"),
    [
        ("SD 3", "StableDiffusion3Pipeline"),
        ("Flux", "FluxPipeline"),
        ("Flux", "Flux2Pipeline"),
        ("Qwen-Image", "QwenImagePipeline"),
        ("Z-Image", "ZImagePipeline"),
        ("PixArt-Sigma", "PixArtSigmaPipeline"),
        ("Sana", "SanaPipeline"),
        ("PixArt-alpha", "PixArtAlphaPipeline"),
    ],
)
def test_limits_of_prompts_are_those_of_the_pipelines(name: str, pipeline: str) -> None:
    """The page states how many tokens each family reads."""
    section = PAGE[PAGE.index("## Long prompts") : PAGE.index("## When a worker")]
    limits = {
        each.strip(): int(tokens)
        for tokens, names in re.findall(r"(\d+) (?:tokens )?\(([^)]*)\)", section)
        for each in names.split(",")
    }
    assert limits[name] == pipeline_defaults(pipeline)["max_sequence_length"]


def test_page_names_every_distilled_model() -> None:
    """The models whose defaults the worker has from their cards are in the table."""
    source = Path(__file__).parents[2] / "core" / "model_defaults.py"
    names = re.findall(r'^    "([\w.-]+/[\w.-]+)": _from_card', source.read_text(), re.MULTILINE)
    assert names
    assert set(names) <= set(table_of_models())
