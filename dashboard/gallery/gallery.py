"""The gallery's interface for pages and routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dashboard.gallery.backfill import GalleryPrompts
from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.pictures import PictureReader, thumbnail
from dashboard.gallery.query import GalleryPage, GalleryQuery
from wire.events.base import Events
from wire.messages.event import Event
from wire.messages.object_names import parse_picture_name
from wire.stores import stars
from wire.stores.base import Store
from wire.stores.deletion import delete_picture

_TILE_SIDE = 320
"""Pixels: sharp on a screen with a device pixel ratio of 2."""
_TILE_QUALITY = 80


@dataclass(frozen=True)
class Gallery:
    """All known pictures of the store."""

    index: GalleryIndex
    prompts: GalleryPrompts
    store: Store
    events: Events

    @cached_property
    def pictures(self) -> PictureReader:
        """Reads pictures as they are stored."""
        return PictureReader(self.store.get)

    @cached_property
    def thumbnails(self) -> PictureReader:
        """Reads pictures in the size of a tile."""
        return PictureReader(self._read_tile)

    def page(self, query: GalleryQuery, first: str = "") -> GalleryPage:
        """Return the page that begins with the picture ``first``, by default the newest page.

        Its missing prompts are read in the background.
        """
        page = self.index.page(query, first)
        self.prompts.request(view.job_id for view in page.pictures if view.prompt is None)
        if query.words:
            self.prompts.request_all()
        return page

    def has(self, name: str) -> bool:
        """Return whether a picture exists, be it not indexed yet.

        Raises StoreUnavailable.
        """
        if self.index.is_deleted(name):
            return False
        return self.index.find(name) is not None or self.store.exists(name)

    def star(self, name: str, starred: bool) -> None:
        """Add or remove a picture's star, for all viewers; raises StoreUnavailable."""
        change = stars.star if starred else stars.unstar
        change(self.store, name)
        self.index.set_star(name, starred)

    def read_stars(self) -> int:
        """Read the starred pictures from the store and return their number."""
        before = self.index.stars()
        names = stars.list_starred(self.store)
        self.index.set_stars(names, before)
        return len(names)

    def delete(self, names: Sequence[str]) -> None:
        """Delete pictures; raises StoreUnavailable, and then some may be left."""
        for name in names:
            if picture := parse_picture_name(name):
                delete_picture(self.store, picture)
                self.index.remove(name)
                self.events.publish(Event(kind="deleted", job_id=picture.job_id, name=name))

    def _read_tile(self, name: str) -> bytes:
        """Return a small WebP, or the object unchanged if it cannot be decoded."""
        picture = self.pictures.read(name)
        return thumbnail(picture, _TILE_SIDE, _TILE_QUALITY) or picture
