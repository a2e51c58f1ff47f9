"""The capabilities of the workers' model, as an object of the store.

Workers scale to zero, so a dashboard that starts later receives no event with them.
"""

from core.errors import MessageError, ObjectMissing
from wire.messages.model import ModelCapabilities, decode_capabilities, encode_capabilities
from wire.stores.base import Store

_NAME = "model/capabilities"


def write_capabilities(store: Store, capabilities: ModelCapabilities) -> None:
    """Store what the model accepts. Raises StoreError."""
    store.put(_NAME, encode_capabilities(capabilities), "application/json")


def read_capabilities(store: Store) -> ModelCapabilities | None:
    """Return what the model of the last started worker accepts; None before the first.

    Raises StoreUnavailable.
    """
    try:
        return decode_capabilities(store.get(_NAME))
    except (ObjectMissing, MessageError):
        return None
