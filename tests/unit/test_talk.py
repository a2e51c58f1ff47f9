"""The scenes of the guided talk, and the one that all pages show."""

import pytest
from pydantic import ValidationError

from dashboard.talk import stage
from dashboard.talk.scenes import Scene, scenes


def test_talk_takes_ten_minutes():
    """docs/talk.md promises ten minutes, and each burst of a scene exists."""
    assert sum(scene.minutes for scene in scenes()) == 10
    assert {scene.sends: len(scene.requests) for scene in scenes() if scene.requests} == {
        "cartoon dwarf": 1,
        "Mixed": 20,
        "Colour wheel": 14,
        "Night and day": 10,
    }
    with pytest.raises(ValidationError, match="there is no burst Fireworks"):
        Scene(title="A", line="B", minutes=1, notes="", burst="Fireworks")
    with pytest.raises(ValidationError, match="not both"):
        Scene(title="A", line="B", minutes=1, notes="", burst="Mixed", prompt="cat")


def test_steps_end_at_the_first_and_the_last_scene():
    """Back from the first scene ends the talk; forward from the last one stays there."""
    assert stage.current() is None
    stage.show(-1)
    assert stage.number() == 0
    stage.show(1)
    assert stage.current() == scenes()[0]
    stage.show(100)
    assert stage.current() == scenes()[-1]
    stage.show(0)
    assert stage.current() is None
