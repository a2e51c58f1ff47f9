"""Select from the messages of a session those that its browser needs.

The messages of a periodic run of a fragment (``new_session``, a delta for each element,
``script_finished``) are held until the run has ended. If it has drawn its elements at the same
places as the run before, only those that differ are sent: a delta replaces the element at its place
at any time. Otherwise all messages are sent, since the browser removes what is no longer drawn at
the end of a run only.

The messages are those of ``streamlit/proto``; how the browser handles them is in Streamlit's
``App.tsx``.
"""

from dataclasses import dataclass, field
from hashlib import blake2b

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

_RUNS_SENT_WHOLE = 3
"""After a request of the person: the run in progress, one that waits, and the requested one."""
_ONCE_ONLY = ("toast", "balloons", "snow")
"""Elements that are shown anew each time that they are sent."""
_CLEAN_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
"""After the others, the browser keeps what the run has not drawn."""

_Place = tuple[int, ...]
"""The path of an element in the page."""
_Elements = dict[str, dict[_Place, bytes]]
"""Something of each element, by fragment."""


@dataclass
class _Run:
    """What a run of some fragments, or of the whole page, has drawn so far."""

    fragments: tuple[str, ...]
    """Empty if it is of the whole page."""
    is_held: bool
    messages: list[bytes] = field(default_factory=list)
    """Those that are held."""
    elements: _Elements = field(default_factory=dict)
    """The newest message of each place, by fragment."""
    is_whole: bool = False
    """Whether it drew something that must not be left out."""
    blocks: set[bytes] = field(default_factory=set)
    """Messages that place a container, which removes the elements of the one before."""

    def add(self, message: ForwardMsg, body: bytes) -> None:
        """Add a message that draws an element or starts a timer."""
        delta = message.delta
        fragment = delta.fragment_id or (self.fragments[0] if self.fragments else "")
        self.elements.setdefault(fragment, {})[tuple(message.metadata.delta_path)] = body
        kind = delta.WhichOneof("type")
        element = delta.new_element.WhichOneof("type") if kind == "new_element" else None
        self.is_whole |= kind == "new_transient" or element in _ONCE_ONLY
        if kind == "add_block":
            self.blocks.add(body)

    def digests(self) -> _Elements:
        """Return a digest of each element, by fragment."""
        return {
            fragment: {place: blake2b(body).digest() for place, body in drawn.items()}
            for fragment, drawn in self.elements.items()
        }


class FragmentUpdates:
    """The messages between one browser and the server."""

    def __init__(self) -> None:
        self._run: _Run | None = None
        self._runs_sent_whole = 0
        self._is_running = False
        """Whether the browser knows that a run is in progress."""
        self._shown: _Elements = {}
        """Digests of what the browser has, by fragment."""

    def receive_request(self, body: bytes) -> None:
        """Note whether a person caused a message from the browser, or a timer."""
        try:
            message = BackMsg.FromString(body)
        except DecodeError:
            return  # Streamlit refuses it
        if message.WhichOneof("type") == "rerun_script" and not message.rerun_script.is_auto_rerun:
            self._runs_sent_whole = _RUNS_SENT_WHOLE

    def select(self, body: bytes) -> list[bytes]:
        """Take the next message to the browser; return those to send now."""
        message = ForwardMsg.FromString(body)
        match message.WhichOneof("type"):
            case "new_session":
                return [*self._abort(), *self._begin(message, body)]
            case "session_status_changed":
                return self._change_status(message, body)
            case "delta" | "ref_hash" if self._run:
                self._run.add(message, body)
                return self._hold(self._run, body)
            case "auto_rerun" if self._run:
                return self._hold(self._run, body)
            case "script_finished" if self._run:
                return self._end(self._run, message, body)
        return [body]

    def _begin(self, message: ForwardMsg, body: bytes) -> list[bytes]:
        fragments = tuple(message.metadata.run.fragment_ids)
        self._run = _Run(fragments, is_held=bool(fragments) and not self._runs_sent_whole)
        if fragments and self._runs_sent_whole:
            self._runs_sent_whole -= 1
        return self._hold(self._run, body)

    def _hold(self, run: _Run, body: bytes) -> list[bytes]:
        if not run.is_held:
            return [body]
        run.messages.append(body)
        return []

    def _change_status(self, message: ForwardMsg, body: bytes) -> list[bytes]:
        if self._run and self._run.is_held:
            return self._hold(self._run, body)
        is_running = message.session_status_changed.script_is_running
        if not is_running and not self._is_running:
            return []  # the end of a run of which the browser knows nothing
        self._is_running = is_running
        return [body]

    def _end(self, run: _Run, message: ForwardMsg, body: bytes) -> list[bytes]:
        self._run = None
        drawn = run.digests()
        changed = self._changed(run, drawn)
        self._record(run, drawn, is_clean=message.script_finished in _CLEAN_ENDS)
        return [body] if not run.is_held else self._send(run, changed, body)

    def _abort(self) -> list[bytes]:
        """End a run of which no end was reported."""
        run, self._run = self._run, None
        if run is None:
            return []
        self._record(run, run.digests(), is_clean=False)
        return self._send(run, None)

    def _send(self, run: _Run, changed: list[bytes] | None, *end: bytes) -> list[bytes]:
        """Return the elements that have changed, or all that was held if that is unknown."""
        if changed is not None:
            return changed
        self._is_running = True
        return [*run.messages, *end]

    def _changed(self, run: _Run, drawn: _Elements) -> list[bytes] | None:
        """Return the elements that differ; None if all messages are needed."""
        if run.is_whole or _has_nested(run):
            return None
        shown = {fragment: self._shown.get(fragment, {}) for fragment in run.fragments}
        if any(shown[each].keys() != drawn.get(each, {}).keys() for each in run.fragments):
            return None
        changed = [
            run.elements[fragment][place]
            for fragment, digests in drawn.items()
            for place, digest in digests.items()
            if shown[fragment][place] != digest
        ]
        return None if run.blocks.intersection(changed) else changed

    def _record(self, run: _Run, drawn: _Elements, *, is_clean: bool) -> None:
        """Record what the browser has after a run."""
        if not run.fragments and is_clean:
            self._shown = drawn
            return
        for fragment in {*drawn, *run.fragments}:
            kept = {} if is_clean else self._shown.get(fragment, {})
            self._shown[fragment] = kept | drawn.get(fragment, {})
        if run.fragments and _has_nested(run):
            # The next run may lack the nested fragment, and is not compared with this one.
            for fragment in run.fragments:
                del self._shown[fragment]


def _has_nested(run: _Run) -> bool:
    return bool(set(run.elements) - set(run.fragments))
