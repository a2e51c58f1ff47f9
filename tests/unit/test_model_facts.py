"""Facts about a model that is not loaded."""

import json
from pathlib import Path

from dashboard.presentation import model_facts


def test_facts_are_read_from_the_folder(tmp_path: Path):
    """Suggestions, vocabulary, notice and defaults come from defaults.json."""
    sidecar = {"steps": 2, "guidance_scale": 0, "width": 64, "height": 64}
    sidecar |= {"suggestions": ["a dwarf"], "vocabulary": {"things": ["dwarf"]}, "notice": "Small."}
    (tmp_path / "defaults.json").write_text(json.dumps(sidecar))
    facts = model_facts.read(str(tmp_path))
    assert facts.suggestions == ("a dwarf",)
    assert facts.vocabulary == {"things": ("dwarf",)}
    assert facts.notice == "Small."
    assert facts.defaults.steps == 2


def test_unknown_model_has_suggestions():
    """Every model has suggestions; unknown defaults are None."""
    facts = model_facts.read("somebody/some-model")
    assert facts.suggestions
    assert facts.defaults is None
    assert facts.notice is None


def test_invalid_defaults_become_a_notice(tmp_path: Path):
    """A malformed defaults.json is reported on the page, and raises no error."""
    (tmp_path / "defaults.json").write_text("{")
    assert "defaults.json" in model_facts.read(str(tmp_path)).notice
