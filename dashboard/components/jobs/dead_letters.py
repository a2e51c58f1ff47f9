"""The dead letters: what nobody tries again by itself, with its reason, until a person does."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from html import escape

import streamlit as st

from core.errors import ApplicationError
from dashboard import access, runtime
from dashboard.components.common import dom_patch, tables
from dashboard.components.common.tables import Column, Row
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Reading
from dashboard.presentation import formatting
from dashboard.runtime import submission
from wire.queues.base import DeadLetter

SHOWN = 100
_OPEN = "open_letter"
_COLUMNS = (
    Column("Died", "died"),
    Column("Message", "cut"),
    Column("Reason", "wrap"),
    Column("Attempts", "right opt"),
)
_REPLAY = "A recording holds no dead letters; the jobs that failed are in the list above."
_NONE = "No dead letters: no job has failed for good, and no message was refused."


def show(views: Mapping[str, JobView], zone: tzinfo | None) -> None:
    """Show the newest dead letters; a click opens one."""
    parts = runtime.current()
    if parts.dead_letters is None:
        st.html(tables.title("Dead letters") + tables.note(_REPLAY))
        return
    pluralize, letters = parts.sources.dead_letters.reading(), parts.dead_letters.letters()
    clicked = dom_patch.show(_card(pluralize, letters, views, zone), key="dead_letters")
    if any(letter.job for letter in letters):
        _show_retry_all(letters)
    if clicked:
        st.session_state[_OPEN] = clicked
        st.rerun()  # a dialog opened here would be closed by the next tick


def _card(
    pluralize: Reading[int],
    letters: Sequence[DeadLetter],
    views: Mapping[str, JobView],
    zone: tzinfo | None,
) -> str:
    if pluralize.value is None:
        unknown = f"Unknown: {formatting.time_ago(pluralize.at, zone)}. {pluralize.error or ''}"
        return tables.title("Dead letters") + tables.note(unknown)
    if not letters:
        return tables.title("Dead letters") + tables.note(_NONE)
    rows = (row(letter, views, zone) for letter in letters[:SHOWN])
    return (
        tables.title("Dead letters", _summary(len(letters)))
        + "<div class='scroll' tabindex='0' role='region' aria-label='Dead letters'>"
        + tables.table(_COLUMNS, rows, "letters")
        + "</div>"
    )


def _summary(number: int) -> str:
    newest = f"the newest {SHOWN} of " if number > SHOWN else ""
    return f"{newest}{number}, newest first"


def row(letter: DeadLetter, views: Mapping[str, JobView], zone: tzinfo | None) -> Row:
    """Write a dead letter's row; its message is text, whatever it holds."""
    view = views.get(letter.job.id) if letter.job else None
    said = escape(letter.job.prompt if letter.job else letter.body or "an empty message")
    delivery_tag = escape(letter.delivery_tag)
    cells = (
        tables.unknown() if letter.at is None else formatting.clock(letter.at, zone),
        f"<button type='button' class='row name' data-opens='{delivery_tag}'>{said}</button>",
        escape(letter.reason),
        str(view.attempt) if view and view.attempt else tables.NONE,
    )
    return Row(letter.delivery_tag, cells)


def _show_retry_all(letters: Sequence[DeadLetter]) -> None:
    allowed = access.allows("retry")
    advice = None if allowed else access.reason("retry")
    with st.popover("Try all again", disabled=not allowed, help=advice, key="retry_all"):
        st.html(
            "<p class='note'>Put every dead job back on the queue, as new. Messages that are no "
            "jobs stay here.</p>"
        )
        st.button("Try all again now", key="retry_all_now", on_click=_retry_all, args=(letters,))


def _retry_all(letters: Sequence[DeadLetter]) -> None:
    retried = 0
    try:
        access.require("retry")
        for letter in letters:
            if letter.job:
                submission.retry_dead_letter(letter)
                retried += 1
    except ApplicationError as error:
        st.toast(f"{formatting.pluralize(retried, 'job')} on the queue again, then this: {error}")
    else:
        st.toast(f"{formatting.pluralize(retried, 'job')} on the queue again.")


def show_if_asked(zone: tzinfo | None) -> None:
    """Open the dead letter that was clicked."""
    delivery_tag, reader = st.session_state.get(_OPEN), runtime.current().dead_letters
    letters = reader.letters() if reader else ()
    letter = next((each for each in letters if each.delivery_tag == delivery_tag), None)
    if letter:
        st.dialog("Dead letter", width="medium", on_dismiss=_forget)(_show)(letter, zone)


def _forget() -> None:
    st.session_state[_OPEN] = ""


def _show(letter: DeadLetter, zone: tzinfo | None) -> None:
    died = formatting.UNKNOWN if letter.at is None else formatting.date_and_clock(letter.at, zone)
    lines = [("Died", died), ("Reason", escape(letter.reason))]
    if letter.job:
        lines.append(("Job", f"<code>{escape(letter.job.id)}</code>"))
    st.html(tables.pairs(lines) + f"<pre class='letter'>{escape(letter.body)}</pre>")
    with st.container(horizontal=True):
        if letter.job:
            _button("Try again", "retry", _retry, letter)
        allowed = access.allows("purge")
        advice = None if allowed else access.reason("purge")
        with st.popover("Drop…", disabled=not allowed, help=advice, key="drop_letter"):
            st.html("<p class='note'>It cannot be brought back. Its pictures, if any, stay.</p>")
            _button("Drop it for good", "purge", _drop, letter)


def _button(label: str, action: access.Action, act, letter: DeadLetter) -> None:
    """Show a button that does something and closes the dialog."""
    allowed = access.allows(action)
    advice = None if allowed else access.reason(action)
    if st.button(label, key=f"letter_{action}", disabled=not allowed, help=advice):
        try:
            access.require(action)
            act(letter)
        except ApplicationError as error:
            st.html(tables.note(f"{error} The dead letter is still there."))
            return
        _forget()
        st.rerun()


def _retry(letter: DeadLetter) -> None:
    submission.retry_dead_letter(letter)


def _drop(letter: DeadLetter) -> None:
    runtime.current().drop_dead_letter(letter)
