"""What the page says of a model without loading it."""

import json
from pathlib import Path

from dashboard.presentation import model_facts


def test_folder_tells_its_suggestions_words_and_notice(tmp_path: Path):
    """What a model's folder says of it reaches the page."""
    sidecar = {"steps": 2, "guidance_scale": 0, "width": 64, "height": 64}
    sidecar |= {"suggestions": ["a dwarf"], "vocabulary": {"things": ["dwarf"]}, "notice": "Small."}
    (tmp_path / "defaults.json").write_text(json.dumps(sidecar))
    facts = model_facts.read(str(tmp_path))
    assert facts.suggestions == ("a dwarf",)
    assert facts.vocabulary == {"things": ("dwarf",)}
    assert facts.notice == "Small."
    assert facts.defaults.steps == 2


def test_unknown_model_still_gets_suggestions():
    """The form has suggestions for every model, and claims no defaults that it cannot know."""
    facts = model_facts.read("somebody/some-model")
    assert facts.suggestions
    assert facts.defaults is None
    assert facts.notice is None


def test_broken_sidecar_is_said_and_stops_nothing(tmp_path: Path):
    """A defaults.json that cannot be read becomes a notice on the page."""
    (tmp_path / "defaults.json").write_text("{")
    assert "defaults.json" in model_facts.read(str(tmp_path)).notice
