"""The gallery as pages and routes use it: looking costs the store nothing, clicks change it."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.gallery.index import GalleryIndex
from dashboard.gallery.prompts import GalleryPrompts
from dashboard.gallery.query import GalleryPage, GalleryQuery
from wire.events.base import Events
from wire.messages.event import Event
from wire.messages.picture import parse_picture_name
from wire.stores import stars
from wire.stores.base import Store
from wire.stores.deletion import delete_picture


@dataclass(frozen=True)
class Gallery:
    """All pictures in the store, as far as they are known."""

    index: GalleryIndex
    prompts: GalleryPrompts
    store: Store
    events: Events

    def page(self, query: GalleryQuery, first: str = "") -> GalleryPage:
        """Return the page that begins with the picture ``first``, or the newest one.

        Prompts that it lacks are read in the background, for the next look.
        """
        page = self.index.page(query, first)
        self.prompts.want(view.job_id for view in page.pictures if view.prompt is None)
        if query.words:
            self.prompts.want_all()
        return page

    def has(self, name: str) -> bool:
        """Tell whether a picture is there, be it one that no look at the store has found yet.

        Asks the store for such a one, and raises StoreUnavailable.
        """
        if self.index.is_deleted(name):
            return False
        return self.index.find(name) is not None or self.store.exists(name)

    def star(self, name: str, starred: bool) -> None:
        """Give or take a picture's star, for everybody; raises StoreUnavailable."""
        change = stars.star if starred else stars.unstar
        change(self.store, name)
        self.index.set_star(name, starred)

    def read_stars(self) -> int:
        """Read which pictures are starred, and return how many."""
        names = stars.list_starred(self.store)
        self.index.set_stars(names)
        return len(names)

    def delete(self, names: Sequence[str]) -> None:
        """Delete pictures for everybody; raises StoreUnavailable, and then some may be left."""
        for name in names:
            if picture := parse_picture_name(name):
                delete_picture(self.store, picture)
                self.index.remove(name)
                self.events.publish(Event(kind="deleted", job_id=picture.job_id, name=name))
