"""The dead-letter queue: jobs that failed for good and messages that are no jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial

import streamlit as st
from markupsafe import Markup

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import dom_patch, tables
from dashboard.components.common.tables import Column, Row
from dashboard.domain.hidden_prompts import HIDDEN_PROMPT, hide_words
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting
from dashboard.presentation.templates import render_macro
from dashboard.runtime import submission
from wire.queues.base import DeadLetter

MAX_SHOWN = 100
_OPEN = "open_letter"
_TITLE = "Failed jobs (dead-letter queue)"
_COLUMNS = (
    Column("Failed", "died"),
    Column("Message", "cut"),
    Column("Reason", "wrap"),
    Column("Attempts", "right opt"),
)
_IN_REPLAY = "A recording contains no dead letters; its failed jobs are in the list above."
_EMPTY = "The dead-letter queue is empty: no job has failed for good, no message was rejected."
_RETRY_ALL_HELP = "Publishes every failed job again. Messages that are no jobs stay here."
_DELETE_HELP = "This cannot be undone. Stored pictures are kept."

_render = partial(render_macro, "components/jobs/jobs.html")


def show(views: Mapping[str, JobView], zone: tzinfo | None) -> None:
    """Show the newest dead letters; a click opens one."""
    context = runtime.current()
    if context.sources is None or context.dead_letters is None:
        st.html(tables.title(_TITLE) + tables.note(_IN_REPLAY))
        return
    reading, letters = context.sources.dead_letters.reading(), context.dead_letters.letters()
    shown = [_shown(letter) for letter in letters[:MAX_SHOWN]]
    clicked = dom_patch.show(_card(reading, len(letters), shown, views, zone), key="dead_letters")
    if any(letter.job for letter in letters):
        _show_retry_all(letters)
    if clicked:
        st.session_state[_OPEN] = clicked
        st.rerun()  # a dialog opened here would be closed by the next refresh


def _card(
    reading: Reading[int],
    count: int,
    shown: Sequence[DeadLetter],
    views: Mapping[str, JobView],
    zone: tzinfo | None,
) -> Markup:
    if reading.value is None:
        unknown = f"Unknown: {formatting.time_ago(reading.at, zone)}. {reading.error or ''}"
        return tables.title(_TITLE) + tables.note(unknown)
    if not shown:
        return tables.title(_TITLE) + tables.note(_EMPTY)
    rows = (row(letter, views, zone) for letter in shown)
    table = tables.table(_COLUMNS, rows, "letters")
    return tables.title(_TITLE, _summary(count)) + tables.scrollable("Failed jobs", table)


def _shown(letter: DeadLetter) -> DeadLetter:
    """Return a dead letter without its prompt while the viewer may not see that."""
    hides = runtime.current().lacks_approval
    if letter.job is None or access.is_presenter() or not hides(letter.job.id):
        return letter
    return replace(letter, job=hide_words(letter.job), body=HIDDEN_PROMPT)


def _summary(count: int) -> str:
    newest = f"the newest {MAX_SHOWN} of " if count > MAX_SHOWN else ""
    return f"{newest}{count}, newest first"


def row(letter: DeadLetter, views: Mapping[str, JobView], zone: tzinfo | None) -> Row:
    """Return a dead letter's row; its message is shown as text, whatever it contains."""
    view = views.get(letter.job.id) if letter.job else None
    message = letter.job.prompt if letter.job else letter.body or "an empty message"
    cells = (
        tables.unknown() if letter.at is None else formatting.clock(letter.at, zone),
        _render("open_dead_letter", letter.delivery_tag, message),
        letter.reason,
        str(view.attempt) if view and view.attempt else tables.NONE,
    )
    return Row(letter.delivery_tag, cells)


def _show_retry_all(letters: Sequence[DeadLetter]) -> None:
    allowed = access.allows("retry")
    advice = None if allowed else access.reason("retry")
    with st.popover("Retry all", disabled=not allowed, help=advice, key="retry_all"):
        st.html(tables.note(_RETRY_ALL_HELP))
        st.button("Retry all now", key="retry_all_now", on_click=_retry_all, args=(letters,))


def _retry_all(letters: Sequence[DeadLetter]) -> None:
    retried = 0
    try:
        access.require("retry")
        for letter in letters:
            if letter.job:
                _retry(letter)
                retried += 1
    except ApplicationError as error:
        st.toast(f"{formatting.pluralize(retried, 'job')} requeued, then an error: {error}")
    else:
        st.toast(f"{formatting.pluralize(retried, 'job')} requeued.")


def show_dialog_if_open(zone: tzinfo | None) -> None:
    """Show the dead letter that was clicked in a dialog."""
    delivery_tag, reader = st.session_state.get(_OPEN), runtime.current().dead_letters
    letters = reader.letters() if reader else ()
    letter = next((letter for letter in letters if letter.delivery_tag == delivery_tag), None)
    if letter:
        st.dialog("Dead letter", width="medium", on_dismiss=_close)(_show)(letter, zone)


def _close() -> None:
    st.session_state[_OPEN] = ""


def _show(letter: DeadLetter, zone: tzinfo | None) -> None:
    failed = formatting.UNKNOWN if letter.at is None else formatting.date_and_clock(letter.at, zone)
    lines = [("Failed", failed), ("Reason", letter.reason)]
    if letter.job:
        lines.append(("Job", _render("code", letter.job.id)))
    st.html(tables.pairs(lines) + _render("message", _shown(letter).body))
    with st.container(horizontal=True):
        if letter.job:
            _show_button("Retry", "retry", _retry, letter)
        allowed = access.allows("purge")
        advice = None if allowed else access.reason("purge")
        with st.popover("Delete…", disabled=not allowed, help=advice, key="delete_letter"):
            st.html(tables.note(_DELETE_HELP))
            _show_button("Delete permanently", "purge", _delete, letter)


def _show_button(
    label: str,
    action: access.Action,
    perform: Callable[[DeadLetter], None],
    letter: DeadLetter,
) -> None:
    """Show a button that performs an action and closes the dialog."""
    allowed = access.allows(action)
    advice = None if allowed else access.reason(action)
    if st.button(label, key=f"letter_{action}", disabled=not allowed, help=advice):
        try:
            access.require(action)
            perform(letter)
        except ApplicationError as error:
            st.html(tables.note(f"{error} The dead letter is unchanged."))
            return
        _close()
        st.rerun()


def _retry(letter: DeadLetter) -> None:
    submission.retry_dead_letter(letter, access.is_presenter())


def _delete(letter: DeadLetter) -> None:
    runtime.current().drop_dead_letter(letter)
