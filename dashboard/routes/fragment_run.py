"""One run of a page or of some of its fragments, as the messages that draw its elements."""

from dataclasses import dataclass, field
from hashlib import blake2b

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_ONCE_ONLY = ("toast", "balloons", "snow")
"""Elements that are shown anew each time that they are sent."""
_MAX_HELD = 2000
"""Messages; a run that draws more may have no end."""

DeltaPath = tuple[int, ...]
"""The path of an element in the page."""
Elements = dict[str, dict[DeltaPath, bytes]]
"""Something of each element, by fragment."""


@dataclass
class Run:
    """What a run of some fragments, or of the whole page, has drawn so far."""

    fragments: tuple[str, ...]
    """Empty if it is of the whole page."""
    is_held: bool
    messages: list[bytes] = field(default_factory=list)
    """Those that are held."""
    elements: Elements = field(default_factory=dict)
    """The newest message of each place, by fragment."""
    is_whole: bool = False
    """Whether it drew something that must not be left out."""
    blocks: set[bytes] = field(default_factory=set)
    """Messages that place a container, which removes the elements of the one before."""

    def add(self, message: ForwardMsg, body: bytes) -> None:
        """Add a message that draws an element or starts a timer."""
        delta = message.delta
        fragment = delta.fragment_id or (self.fragments[0] if self.fragments else "")
        elements, place = self.elements.setdefault(fragment, {}), tuple(message.metadata.delta_path)
        was_container, elements[place] = elements.get(place) in self.blocks, body
        kind = delta.WhichOneof("type")
        element = delta.new_element.WhichOneof("type") if kind == "new_element" else None
        self.is_whole |= was_container or kind == "new_transient" or element in _ONCE_ONLY
        self.is_whole |= len(self.messages) >= _MAX_HELD
        if kind == "add_block":
            self.blocks.add(body)

    def digests(self) -> Elements:
        """Return a digest of each element, by fragment."""
        return {
            fragment: {place: blake2b(body).digest() for place, body in drawn.items()}
            for fragment, drawn in self.elements.items()
        }

    @property
    def has_nested(self) -> bool:
        """Whether it drew fragments that it was not a run of."""
        return bool(set(self.elements) - set(self.fragments))


def uncached(body: bytes) -> bytes:
    """Keep the browser from caching an element that is sent alone.

    It removes what it has cached at the ends of runs only, and lists all of it in each request.
    """
    message = ForwardMsg.FromString(body)
    if not message.metadata.cacheable:
        return body
    message.metadata.cacheable = False
    return message.SerializeToString()
