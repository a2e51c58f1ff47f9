"""What pages show about a model that is not loaded."""

import json
from pathlib import Path

import pytest

from dashboard.presentation import model_facts


def test_defaults_file_gives_suggestions_vocabulary_and_notice(tmp_path: Path):
    """The fields of a model's defaults.json reach the page."""
    sidecar = {"steps": 2, "guidance_scale": 0, "width": 64, "height": 64}
    sidecar |= {"suggestions": ["a dwarf"], "vocabulary": {"things": ["dwarf"]}, "notice": "Small."}
    (tmp_path / "defaults.json").write_text(json.dumps(sidecar))
    facts = model_facts.read(str(tmp_path))
    assert facts.suggestions == ("a dwarf",)
    assert facts.vocabulary == {"things": ("dwarf",)}
    assert facts.notice == "Small."
    assert facts.defaults.steps == 2


def test_unknown_model_gets_suggestions_and_no_defaults():
    """The form has suggestions for every model, and no defaults where none are known."""
    facts = model_facts.read("somebody/some-model")
    assert facts.suggestions
    assert facts.defaults is None
    assert facts.notice is None


def test_invalid_defaults_file_becomes_a_notice(tmp_path: Path):
    """A defaults.json that cannot be parsed is named on the page, which still works."""
    (tmp_path / "defaults.json").write_text("{")
    assert "defaults.json" in model_facts.read(str(tmp_path)).notice


@pytest.mark.parametrize("name", ["../../../etc", "/etc", "with\0nul", "x" * 10_000, ""])
def test_recorded_name_is_never_a_path(name: str):
    """Whatever a recording names as its model, nothing is read for it but the bundled model."""
    assert model_facts.read(name, recorded=True) == model_facts.ModelFacts()


def test_recorded_folder_is_not_read(tmp_path: Path):
    """A recording that was made elsewhere shows nothing of a folder on this machine."""
    (tmp_path / "defaults.json").write_text('{"notice": "a secret"')
    assert model_facts.read(str(tmp_path), recorded=True).notice is None


def test_recorded_bundled_model_keeps_its_facts():
    """The bundled recording shows the words of the bundled model."""
    facts = model_facts.read(model_facts.BUNDLED_MODEL, recorded=True)
    assert facts == model_facts.read(model_facts.BUNDLED_MODEL)
    assert facts.vocabulary
