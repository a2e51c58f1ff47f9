"""The scripts of the components, and the paths at which browsers find them."""

from functools import cache
from hashlib import sha256
from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "components"


@cache
def sources() -> dict[str, bytes]:
    """Return all scripts by their paths below ``components/``, such as ``studio/draft.js``."""
    paths = sorted(_FOLDER.rglob("*.js"))
    return {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in paths}


@cache
def version() -> str:
    """Return a digest of all scripts, which import each other; browsers keep them by it."""
    digest = sha256()
    for name, source in sources().items():
        digest.update(f"{name} {len(source)}\n".encode() + source)
    return digest.hexdigest()[:16]


def path(name: str) -> str:
    """Return the path of a script's route; KeyError if there is no such script."""
    _ = sources()[name]
    return f"/scripts/{version()}/{name}"
