"""Names of pictures in the order in which they were stored."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

IndexEntry = tuple[float, str]
"""When a picture was stored (Unix seconds) and its name: its place in the order."""


class PictureOrder:
    """Each name once, oldest first; not safe to use from several threads at once."""

    def __init__(self) -> None:
        self.places: list[IndexEntry] = []
        self._stored: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        """Tell whether a picture is there."""
        return name in self._stored

    def place(self, name: str) -> IndexEntry | None:
        """Return where a picture stands."""
        at = self._stored.get(name)
        return None if at is None else (at, name)

    def add(self, place: IndexEntry) -> None:
        """Put in a picture that is not there yet."""
        insort(self.places, place)
        self._stored[place[1]] = place[0]

    def add_all(self, places: Iterable[IndexEntry]) -> None:
        """Put in many, in any order; each is there before the next one is asked for."""
        for place in places:
            self.places.append(place)
            self._stored[place[1]] = place[0]
        self.places.sort()

    def remove(self, name: str) -> bool:
        """Take a picture out; tells whether it was there."""
        place = self.place(name)
        if place is None:
            return False
        del self._stored[name]
        del self.places[bisect_left(self.places, place)]
        return True

    def keep_newest(self, most: int) -> list[str]:
        """Take the oldest out until ``most`` are left; returns their names."""
        oldest = [name for _, name in self.places[: max(0, len(self.places) - most)]]
        for name in oldest:
            del self._stored[name]
        del self.places[: len(oldest)]
        return oldest

    def since(self, at: float) -> list[str]:
        """Return the names of those stored at ``at`` (Unix seconds) or later, oldest first."""
        return [name for _, name in self.places[bisect_left(self.places, (at, "")) :]]


def newest_before(places: Sequence[IndexEntry], at: float) -> str | None:
    """Return the newest picture that was stored before ``at`` (Unix seconds)."""
    index = bisect_left(places, (at, ""))
    return places[index - 1][1] if index else None


def neighbours(places: Sequence[IndexEntry], place: IndexEntry) -> tuple[str | None, str | None]:
    """Return the next newer and the next older picture of a place, which may be empty by now."""
    index = bisect_left(places, place)
    after = index + (index < len(places) and places[index] == place)
    newer = places[after][1] if after < len(places) else None
    return newer, places[index - 1][1] if index else None
