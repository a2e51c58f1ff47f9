"""A folder store that is unavailable, as after a failed mount, while a dashboard polls it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.conditions import wait_until


@contextmanager
def store_away(pictures: Path) -> Iterator[None]:
    """Replace the store's folder by a file; restore it with its contents in the end."""
    aside = pictures.with_name("aside")
    wait_until(lambda: _replaced_by_a_file(pictures, aside), what="a file instead of the folder")
    yield
    pictures.unlink()
    if aside.exists():
        aside.rename(pictures)


def _replaced_by_a_file(folder: Path, aside: Path) -> bool:
    """Try it once: the dashboard may create the folder again at any moment."""
    if folder.exists():
        folder.rename(aside)
    try:
        folder.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
