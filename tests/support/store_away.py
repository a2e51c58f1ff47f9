"""A folder store that is away, as after a failed mount, beside a dashboard that looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.conditions import wait_until


@contextmanager
def store_away(pictures: Path) -> Iterator[None]:
    """Have a file where the store's folder should be; in the end, all that was stored is back."""
    aside = pictures.with_name("aside")
    wait_until(lambda: _replaced_by_a_file(pictures, aside), what="a file instead of the folder")
    yield
    pictures.unlink()
    if aside.exists():
        aside.rename(pictures)


def _replaced_by_a_file(folder: Path, aside: Path) -> bool:
    """Try it once: whoever looks at the store makes its folder anew, at any moment."""
    if folder.exists():
        folder.rename(aside)
    try:
        folder.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True
