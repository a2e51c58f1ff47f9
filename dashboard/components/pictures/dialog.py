"""The details of a picture: what was asked, where and when it was painted, what it took."""

from datetime import tzinfo
from html import escape

import streamlit as st

from core.errors import ApplicationError, MessageError, ObjectMissing, StoreUnavailable
from dashboard import access, runtime
from dashboard.components.common import address
from dashboard.components.jobs import links, own_jobs
from dashboard.components.pictures import deletion, details
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.gallery.query import GalleryQuery
from dashboard.gallery.stored_jobs import job_of
from wire.messages.picture import Metadata, PictureName, parse_picture_name

_PARAMETER = "picture"
_ALL = GalleryQuery()


def ask_for(name: str) -> None:
    """Remember which picture's details to open; the next full run opens them."""
    address.write(_PARAMETER, name)


def show_if_asked(zone: tzinfo | None, query: GalleryQuery = _ALL) -> bool:
    """Open the details of the picture that was clicked or that the address names.

    The keys to the left and right go on to the newer and older ones that match ``query``.
    Tells whether it opened them: a page has one dialog at a time.
    """
    asked = parse_picture_name(address.read(_PARAMETER)) is not None
    if asked:
        st.dialog("Picture", width="medium", on_dismiss=_close)(_show)(zone, query)
    return asked


def _close() -> None:
    ask_for("")


def _show(zone: tzinfo | None, query: GalleryQuery) -> None:
    name = address.current(_PARAMETER)
    picture = parse_picture_name(name)
    if picture is None:
        st.rerun()  # it was deleted or left a moment ago: closes the dialog
    if runtime.current().lacks_approval(picture.job_id):
        st.html(_muted(NOT_SHOWN))
        return
    metadata, problem = _metadata(picture)
    prompt = metadata.prompt if metadata else ""
    left, right = st.columns(2, gap="medium")
    left.html(f"<img class='detail' src='/pictures/{name}' alt='{escape(prompt)}'>")
    right.html(details.table(metadata, picture, zone) if metadata else _muted(problem))
    _show_actions(name, picture, metadata)
    _show_neighbours(name, query)


def _metadata(picture: PictureName) -> tuple[Metadata | None, str]:
    parts = runtime.current()
    try:
        return parts.metadata(picture.job_id), ""
    except ObjectMissing:
        if parts.find_job(picture.job_id):
            return None, "Its job is still being painted; the details come with its last picture."
        return None, "The store has no such picture: it was deleted, or the link is not whole."
    except ApplicationError as error:
        return None, f"The details cannot be read: {error}"


def _show_actions(name: str, picture: PictureName, metadata: Metadata | None) -> None:
    with st.container(horizontal=True):
        if metadata:
            _show_repeats(picture, metadata)
        # A link and no st.download_button: the bytes need not pass through the session.
        link = f"<a class='button' href='/pictures/{name}' download='{name}'>Download</a>"
        st.html(link, width="content")
        if metadata and st.button("Its job", key="dialog_job", help="Where its time went."):
            links.follow(picture.job_id)
        if _is_there(name, metadata):
            _show_star(name)
            deletion.show_button((name,))
    if deletion.show_question((name,)):
        _close()
        st.rerun()


def _show_repeats(picture: PictureName, metadata: Metadata) -> None:
    try:
        job = job_of(picture.job_id, metadata).model_copy(update={"count": 1})
    except MessageError as error:  # an older sample painted sizes that no model here paints
        st.html(_muted(f"This cannot be painted again: {error}"))
        return
    seed = details.seed_of(metadata, picture)
    kinds = (
        ("Paint again", "primary", None, "Another picture of the same, with a new seed."),
        ("Same seed", "secondary", seed, f"This picture once more, with seed {seed}."),
    )
    for label, look, with_seed, meaning in kinds:
        if st.button(label, type=look, key=f"dialog_{label}", help=meaning):
            own_jobs.repeat(job, with_seed)
            _close()
            st.rerun()  # closes the dialog


def _is_there(name: str, metadata: Metadata | None) -> bool:
    gallery = runtime.current().gallery
    if metadata is None:  # the store may be away, and nobody waits for it
        return gallery.index.find(name) is not None
    try:
        return gallery.has(name)
    except StoreUnavailable:  # it went away since its metadata was read
        return False


def _show_star(name: str) -> None:
    starred = runtime.current().gallery.index.is_starred(name)
    may = access.allows("star")
    st.button(
        "★ Starred" if starred else "☆ Star",
        key="dialog_star",
        on_click=_star,
        args=(name, not starred),
        disabled=not may,
        help=None if may else access.reason("star"),
    )


def _star(name: str, starred: bool) -> None:
    try:
        access.require("star")
        runtime.current().gallery.star(name, starred)
    except ApplicationError as error:
        st.toast(f"{error} The star was not changed.")


def _show_neighbours(name: str, query: GalleryQuery) -> None:
    newer, older = runtime.current().gallery.index.neighbours(query, name)
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        for label, key, other in (("Newer", "Left", newer), ("Older", "Right", older)):
            st.button(
                label,
                key=f"dialog_{key}",
                type="tertiary",
                shortcut=key,
                disabled=other is None,
                on_click=ask_for,
                args=(other or name,),
            )


def _muted(text: str) -> str:
    return f"<p class='muted'>{escape(text)}</p>"
