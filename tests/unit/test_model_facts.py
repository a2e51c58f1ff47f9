"""What pages show about a model that is not loaded."""

import json
from pathlib import Path

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
