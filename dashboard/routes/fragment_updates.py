"""Select from the messages of a session those that its browser needs.

The messages of a periodic run of a fragment (``new_session``, a delta for each element,
``script_finished``) are held until the run has ended. If it has drawn its elements at the same
places as the run before, only those that differ are sent: a delta replaces the element at its place
at any time. Otherwise all messages are sent, since the browser removes what is no longer drawn at
the end of a run only.

The messages are those of ``streamlit/proto``; how the browser handles them is in Streamlit's
``App.tsx``.
"""

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.routes.fragment_run import Elements, Run, uncached

_RUNS_SENT_WHOLE = 3
"""After a request of the person: the run in progress, one that waits, and the requested one."""
_CLEAN_ENDS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
"""After the others, the browser keeps what the run has not drawn."""
_UNKNOWN = b""
"""In place of a digest: the browser may have an older element there, or none."""


class FragmentUpdates:
    """The messages between one browser and the server."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._runs_sent_whole = 0
        self._is_running = True
        """Whether the browser may show that a run is in progress, as after a reconnect."""
        self._shown: Elements = {}
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
            case "stop_auto_rerun" if self._run:
                self._run.is_whole = True  # a nested fragment is no longer drawn
                return self._hold(self._run, body)
            case "script_finished" if self._run:
                return self._end(self._run, message, body)
            case "script_finished" if message.metadata.run.fragment_ids:
                return []  # begun before a reconnect; the browser would remove what it missed
        return [body]

    def _begin(self, message: ForwardMsg, body: bytes) -> list[bytes]:
        fragments = tuple(message.metadata.run.fragment_ids)
        self._run = Run(fragments, is_held=bool(fragments) and not self._runs_sent_whole)
        if fragments and self._runs_sent_whole:
            self._runs_sent_whole -= 1
        return self._hold(self._run, body)

    def _hold(self, run: Run, body: bytes) -> list[bytes]:
        if run.is_held and not run.is_whole:
            run.messages.append(body)
            return []
        return [*self._release(run), body]

    def _release(self, run: Run) -> list[bytes]:
        """Return what was held, and hold no more of the run."""
        messages, run.messages, run.is_held = run.messages, [], False
        self._is_running |= bool(messages)
        return messages

    def _change_status(self, message: ForwardMsg, body: bytes) -> list[bytes]:
        if self._run and self._run.is_held:
            return self._hold(self._run, body)
        is_running = message.session_status_changed.script_is_running
        if not is_running and not self._is_running:
            return []  # the end of a run that was not sent to the browser
        self._is_running = is_running
        return [body]

    def _end(self, run: Run, message: ForwardMsg, body: bytes) -> list[bytes]:
        self._run = None
        drawn = run.digests()
        changed = self._changed(run, drawn)
        self._record(run, drawn, is_clean=message.script_finished in _CLEAN_ENDS)
        if changed is None or not run.is_held:
            return [*self._release(run), body]
        return [uncached(each) for each in changed]

    def _abort(self) -> list[bytes]:
        """End a run of which no end was reported."""
        run, self._run = self._run, None
        if run is None:
            return []
        self._record(run, run.digests(), is_clean=False)
        return self._release(run)

    def _changed(self, run: Run, drawn: Elements) -> list[bytes] | None:
        """Return the elements that differ; None if all messages are needed."""
        if run.is_whole or run.has_nested:
            return None
        if not self._shown.keys() >= set(run.fragments):
            return None
        shown = {fragment: self._shown[fragment] for fragment in run.fragments}
        if any(shown[each].keys() != drawn.get(each, {}).keys() for each in shown):
            return None
        changed = [
            run.elements[fragment][place]
            for fragment, digests in drawn.items()
            for place, digest in digests.items()
            if shown[fragment][place] != digest
        ]
        return None if run.blocks.intersection(changed) else changed

    def _record(self, run: Run, drawn: Elements, *, is_clean: bool) -> None:
        """Record what the browser has after a run."""
        kept = self._shown if run.fragments else {}
        if not is_clean:
            replaced = {*drawn, *(run.fragments or self._shown)}
            drawn = _after_cut({each: self._shown.get(each, {}) for each in replaced}, drawn)
        self._shown = kept | {each: {} for each in run.fragments} | drawn
        if run.fragments and run.has_nested:
            # The next run may lack the nested fragment, and is not compared with this one.
            for fragment in run.fragments:
                del self._shown[fragment]


def _after_cut(shown: Elements, drawn: Elements) -> Elements:
    """Return what the browser has after a run that was cut short.

    It may have removed elements whose container was placed anew, and keeps the others.
    """
    return {
        fragment: dict.fromkeys(before, _UNKNOWN) | drawn.get(fragment, {})
        for fragment, before in shown.items()
    }
