"""Read what the workers' model accepts from the store, where their events were not received."""

from dataclasses import dataclass

from dashboard.domain.journal import Journal
from wire.messages.model import ModelCapabilities
from wire.stores.base import Store
from wire.stores.capabilities import read_capabilities


@dataclass
class AnnouncementReader:
    """Records each change of the stored announcement."""

    store: Store
    journal: Journal
    _recorded: ModelCapabilities | None = None

    def read(self) -> None:
        """Record the stored announcement if it has changed. Raises StoreUnavailable.

        An unchanged one is not recorded again: a newer event may precede its object.
        """
        stored = read_capabilities(self.store)
        if stored and stored != self._recorded:
            self._recorded = stored
            self.journal.record_model(stored)
