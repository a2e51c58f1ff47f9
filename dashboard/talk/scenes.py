"""The scenes of the talk, read from ``talk.toml``, from which docs/talk.md lists them too."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dashboard.domain.bursts import BURSTS, Fields

_FILE = Path(__file__).with_name("talk.toml")

Focus = Literal[
    "numbers",
    "why",
    "requests",
    "workers",
    "nodes",
    "pictures",
    "map",
    "wall",
    "invitation",
    "podium",
]
"""A part of Present, or a lane of its chart."""
LANES: frozenset[Focus] = frozenset({"requests", "workers", "nodes", "pictures"})


class Scene(BaseModel):
    """One scene of the talk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    line: str
    """What the audience reads."""
    minutes: Annotated[float, Field(gt=0)]
    notes: str
    """What only the presenter reads."""
    focus: Focus | None = None
    burst: str | None = None
    """The name of a burst in dashboard/domain/bursts.py."""
    prompt: str | None = None
    """A single request instead of a burst."""
    count: Annotated[int, Field(ge=1)] = 1
    """The pictures of the single request."""

    @model_validator(mode="after")
    def _names_a_burst(self) -> "Scene":
        if self.burst and self.burst not in {burst.name for burst in BURSTS}:
            raise ValueError(f"there is no burst {self.burst}")
        if self.burst and self.prompt:
            raise ValueError("a scene sends a burst or a prompt, not both")
        return self

    @property
    def requests(self) -> list[Fields]:
        """Return the requests that the scene sends, if any."""
        if self.prompt:
            return [{"prompt": self.prompt, "count": self.count}]
        return [each for burst in BURSTS if burst.name == self.burst for each in burst.requests()]

    @property
    def sends(self) -> str:
        """Return the name of what the scene sends; empty if it sends nothing."""
        return self.prompt or self.burst or ""


@cache
def scenes() -> tuple[Scene, ...]:
    """Return the scenes, in order."""
    parsed = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(Scene.model_validate(each) for each in parsed["scene"])
