"""Which messages of a page's updates reach its browser."""

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.routes.fragment_updates import FragmentUpdates

PAGE = {"bar": "0.4 s", "numbers": "3 waiting", "cards": "none"}
ENDED = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
CUT_SHORT = ForwardMsg.FINISHED_EARLY_FOR_RERUN


def _delta(place: int, text: str, fragment: str) -> bytes:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, place])
    message.delta.fragment_id = fragment
    message.delta.new_element.html.body = text
    return message.SerializeToString()


def _within(place: int, text: str) -> bytes:
    """Return the first element of a container."""
    message = ForwardMsg.FromString(_delta(place, text, "live"))
    message.metadata.delta_path.append(0)
    return message.SerializeToString()


def _block(place: int, fragment: str = "live", height: int = 1) -> bytes:
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, place])
    message.delta.fragment_id = fragment
    message.delta.add_block.flex_container.gap_config.gap_size = height
    return message.SerializeToString()


def _toast(text: str) -> bytes:
    message = ForwardMsg()
    message.metadata.delta_path.extend([2, 0])
    message.delta.fragment_id = "live"
    message.delta.new_element.toast.body = text
    return message.SerializeToString()


def _status(*, running: bool) -> bytes:
    message = ForwardMsg()
    message.session_status_changed.script_is_running = running
    return message.SerializeToString()


def _run(*drawn: bytes, fragments: tuple[str, ...] = ("live",), end: int = ENDED) -> list[bytes]:
    """Return the messages of a run in the order in which Streamlit sends them."""
    first, last = ForwardMsg(), ForwardMsg()
    for message in (first, last):
        message.metadata.run.fragment_ids.extend(fragments)
    first.new_session.name = "dashboard"
    last.script_finished = end
    return [
        first.SerializeToString(),
        _status(running=True),
        *drawn,
        last.SerializeToString(),
        _status(running=False),
    ]


def _live(texts: dict[str, str], fragment: str = "live", first: int = 0) -> list[bytes]:
    return [_delta(first + index, text, fragment) for index, text in enumerate(texts.values())]


def _whole_page() -> list[bytes]:
    return _run(
        _delta(9, "title", ""), *_live(PAGE), fragments=(), end=ForwardMsg.FINISHED_SUCCESSFULLY
    )


def _send(updates: FragmentUpdates, messages: list[bytes]) -> list[bytes]:
    return [sent for message in messages for sent in updates.select(message)]


def _request(updates: FragmentUpdates, *, by_timer: bool) -> None:
    message = BackMsg()
    message.rerun_script.is_auto_rerun = by_timer
    updates.receive_request(message.SerializeToString())


@pytest.fixture
def updates() -> FragmentUpdates:
    """Return the updates of a page that was drawn."""
    updates = FragmentUpdates()
    assert _send(updates, _whole_page()) == _whole_page()
    return updates


def test_unchanged_page_is_sent_nothing(updates: FragmentUpdates):
    """A page that nobody uses costs no bytes for what it shows already, however often it runs."""
    for _ in range(3):
        _request(updates, by_timer=True)
        assert _send(updates, _run(*_live(PAGE))) == []


def test_only_changed_elements_are_sent(updates: FragmentUpdates):
    """An element that differs is sent alone, and once."""
    changed = _run(*_live(PAGE | {"numbers": "4 waiting"}))
    assert _send(updates, changed) == [_delta(1, "4 waiting", "live")]
    assert _send(updates, changed) == []
    assert _send(updates, _run(*_live(PAGE))) == [_delta(1, "3 waiting", "live")]


def test_fragments_of_a_page_are_told_apart(updates: FragmentUpdates):
    """Fragments that run alone and together are each compared with what the browser has."""
    other = [_delta(5, "paused", "queue")]
    first = _run(*other, fragments=("queue",))
    assert _send(updates, first) == first
    changed = _live(PAGE | {"bar": "0.5 s"})
    assert _send(updates, _run(*other, *changed, fragments=("queue", "live"))) == changed[:1]
    assert _send(updates, _run(*_live(PAGE))) == [_delta(0, "0.4 s", "live")]
    assert _send(updates, _run(*other, fragments=("queue",))) == []


@pytest.mark.parametrize(
    "drawn",
    [
        _live({"bar": "0.4 s"}),
        [*_live(PAGE), _delta(3, "one more", "live")],
        [*_live(PAGE), _toast("The queue was paused.")],
        [*_live(PAGE), _delta(4, "of a nested fragment", "nested")],
        [_block(0), *_live(PAGE)[1:]],
        [],
    ],
    ids=["fewer", "more", "toast", "nested", "container", "nothing"],
)
def test_other_elements_need_the_whole_run(updates: FragmentUpdates, drawn: list[bytes]):
    """The browser removes elements at the end of a run only, so it gets all of such a run."""
    run = _run(*drawn)
    assert _send(updates, run) == run


def test_nested_fragment_is_removed(updates: FragmentUpdates):
    """A fragment that is no longer drawn by another one leaves the page."""
    nested, without = _run(*_live(PAGE), _delta(4, "more", "nested")), _run(*_live(PAGE))
    assert [_send(updates, run) for run in (nested, without, without)] == [nested, without, []]


def test_toast_is_sent_each_time(updates: FragmentUpdates):
    """Two errors in a row with the same text are two toasts."""
    run = _run(*_live(PAGE), _toast("The queue cannot be reached."))
    assert [_send(updates, run), _send(updates, run)] == [run, run]


def test_changed_container_is_sent_with_its_elements(updates: FragmentUpdates):
    """A container that replaces another one is empty, so its elements are sent again."""
    before, after = [_run(_block(3, height=height), *_live(PAGE)) for height in (1, 2)]
    assert [_send(updates, run) for run in (before, before, after)] == [before, [], after]


def test_request_of_a_person_is_answered_whole(updates: FragmentUpdates):
    """A click is answered as Streamlit answers it, also behind runs that were waiting."""
    _request(updates, by_timer=False)
    run = _run(*_live(PAGE))
    assert [_send(updates, run) for _ in range(4)] == [run, run, run, []]


def test_run_that_was_cut_short_is_compared_too(updates: FragmentUpdates):
    """A busy server reports each run as cut short by the next; unchanged ones are left out."""
    cut_short = _run(*_live(PAGE), end=CUT_SHORT)
    assert _send(updates, cut_short) == []


def test_what_a_cut_run_left_on_the_page_is_removed(updates: FragmentUpdates):
    """While the browser has more than a run draws, it gets the run's end, which removes it."""
    fewer = _live({"bar": "0.4 s"})
    cut_short, ended = _run(*fewer, end=CUT_SHORT), _run(*fewer)
    assert [_send(updates, run) for run in (cut_short, ended, ended)] == [cut_short, ended, []]


def test_what_a_cut_run_may_have_removed_is_sent_again(updates: FragmentUpdates):
    """A container that a cut run placed anew has lost its elements, which the next run restores."""
    container, texts = _block(3), _live(PAGE)
    whole, cut_short = _run(container, *texts), _run(container, *texts[:1], end=CUT_SHORT)
    assert _send(updates, whole) == whole
    assert _send(updates, cut_short) == cut_short
    assert [_send(updates, whole) for _ in range(2)] == [texts[1:], []]


def test_cut_run_of_the_page_leaves_nothing_known(updates: FragmentUpdates):
    """After a page that was left before it was drawn, the elements of the first one are sent."""
    away = _run(_delta(9, "another page", ""), fragments=(), end=CUT_SHORT)
    assert _send(updates, away) == away
    assert _send(updates, _run(*_live(PAGE))) == _live(PAGE)


def test_nested_fragment_that_ran_with_its_parent_is_removed(updates: FragmentUpdates):
    """Where both ran as one, the parent's next run alone removes the nested one."""
    both = _run(*_live(PAGE), _delta(4, "more", "nested"), fragments=("live", "nested"))
    stop = ForwardMsg()
    stop.stop_auto_rerun.fragment_ids.append("nested")
    without = _run(*_live(PAGE), stop.SerializeToString())
    assert [_send(updates, run) for run in (both, without)] == [both, without]


def test_element_sent_alone_is_not_cached(updates: FragmentUpdates):
    """The browser's cache does not grow on a page that stays open: no end of a run clears it."""
    figure = ForwardMsg.FromString(_delta(0, "0.5 s", "live"))
    figure.metadata.cacheable = True
    run = _run(figure.SerializeToString(), *_live(PAGE)[1:])
    assert _send(updates, run) == [_delta(0, "0.5 s", "live")]
    assert _send(updates, run) == []


def test_end_of_a_run_before_a_reconnect_is_reported():
    """A browser that reconnects during a run learns that it has ended."""
    assert _send(FragmentUpdates(), [_status(running=False)]) == [_status(running=False)]


def test_rest_of_a_run_before_a_reconnect_removes_nothing():
    """The elements of which the browser missed the update stay until the next run."""
    *_, text, end, status = _run(*_live(PAGE))
    assert _send(FragmentUpdates(), [text, end, status]) == [text, status]


def test_run_that_needs_all_is_shown_while_it_runs(updates: FragmentUpdates):
    """A toast, or the text of a run that draws without an end, does not wait for the run's end."""
    begun = [*_run(*_live(PAGE))[:-2], _toast("The queue was paused.")]
    assert _send(updates, begun) == begun
    assert _send(updates, [_delta(1, "after it", "live")]) == [_delta(1, "after it", "live")]
    endless = [*_run()[:2], *(_delta(0, str(step), "live") for step in range(3000))]
    assert _send(updates, endless)[-1] == endless[-1]


def test_empty_run_after_a_reconnect_removes_what_the_browser_has():
    """What a fragment stopped drawing while the browser was away leaves the page."""
    updates = FragmentUpdates()
    assert [_send(updates, _run()) for _ in range(2)] == [_run(), []]


def test_container_that_its_run_removes_is_sent_with_it(updates: FragmentUpdates):
    """No element is sent alone to a place in a container that the same run has cleared."""
    runs = [_run(_block(0), _within(0, text), _delta(0, "", "live")) for text in ("3", "4")]
    assert [_send(updates, run) for run in runs] == runs


def test_run_without_an_end_is_sent(updates: FragmentUpdates):
    """What was held is not lost when another run begins."""
    begun = _run(*_live(PAGE | {"bar": "0.9 s"}))[:-2]
    whole = _whole_page()
    assert _send(updates, [*begun, *whole]) == [*begun, *whole]
    assert _send(updates, _run(*_live(PAGE))) == []


def test_other_messages_pass_during_a_run(updates: FragmentUpdates):
    """Answers that are no part of a run are not delayed by it."""
    answer = ForwardMsg(heartbeat_ack=True).SerializeToString()
    begin, *rest = _run(*_live(PAGE))
    assert _send(updates, [begin, answer]) == [answer]
    assert _send(updates, rest) == []


def test_invalid_request_is_left_to_streamlit(updates: FragmentUpdates):
    """A message that is no request changes nothing here; Streamlit closes the connection."""
    updates.receive_request(b"\xff\xff")
    assert _send(updates, _run(*_live(PAGE))) == []
