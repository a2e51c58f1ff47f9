"""The dialog with a picture, its details, and what can be done with it."""

from datetime import tzinfo
from typing import Literal

import streamlit as st

from core.errors import ApplicationError, MessageError, ObjectMissing, StoreUnavailable
from dashboard import runtime
from dashboard.components.common import address, form_values
from dashboard.components.jobs import links, own_jobs
from dashboard.components.pictures import deletion, details, render, stars, variations, viewer
from dashboard.domain.jobs import FINISHED
from dashboard.gallery.approvals import NOT_SHOWN
from dashboard.gallery.query import GalleryQuery
from dashboard.gallery.stored_jobs import job_of, parameters_of
from dashboard.presentation import job_text
from wire.messages.metadata import Metadata
from wire.messages.object_names import PictureName, parse_picture_name
from wire.messages.parameters import PARAMETERS

_PARAMETER = "picture"
_ALL = GalleryQuery()
_DOWNLOADS = (("webp", "WebP"), ("jpeg", "JPEG"))
"""Formats beside the stored PNG, and their labels."""
_IN_PROGRESS = "The job is in progress; the details follow with its last picture."
_NO_DETAILS = "This picture has no details: the job ended before it stored them."
_NOT_STORED = "The store has no such picture: it was deleted, or the link is incomplete."


def open_picture(name: str) -> None:
    """Open the dialog with a picture at the next full run."""
    address.write(_PARAMETER, name)


def show_if_open(zone: tzinfo | None, query: GalleryQuery = _ALL) -> bool:
    """Show the picture that was clicked or that the address names.

    The left and right arrow keys lead to the newer and older pictures that match ``query``.

    Returns:
        whether the dialog is open: a page has one dialog at a time.

    """
    if will_open():
        st.dialog("Picture", width="large", on_dismiss=_close)(_show)(zone, query)
        return True
    return False


def will_open() -> bool:
    """Return whether this run of the page shows the dialog."""
    return parse_picture_name(address.read(_PARAMETER)) is not None


def _close() -> None:
    open_picture("")


def _show(zone: tzinfo | None, query: GalleryQuery) -> None:
    name = address.current(_PARAMETER)
    picture = parse_picture_name(name)
    if picture is None:
        st.rerun()  # closes the dialog of a picture that has just been deleted
    if runtime.current().lacks_approval(picture.job_id):
        st.html(render("muted", NOT_SHOWN))
        return
    metadata, problem = _metadata(name, picture)
    is_stored = _is_stored(name, metadata)
    if not is_stored and not _is_withheld(picture, metadata):
        st.html(render("muted", problem or _NOT_STORED))
        return
    # dialog.css places the two containers side by side.
    with st.container(key="picture_dialog"):
        with st.container(key="picture_view"):
            _show_picture(name, picture, metadata)
        with st.container(key="picture_details"):
            text = details.table(metadata, picture, zone) if metadata else render("muted", problem)
            st.html(text)
            _show_actions(name, picture, metadata, is_stored)
            _show_neighbours(name, query)


def _show_picture(name: str, picture: PictureName, metadata: Metadata | None) -> None:
    if _is_withheld(picture, metadata):
        st.html(render("muted", f"{job_text.WITHHELD}."))
    else:
        viewer.show(name, metadata.prompt if metadata else "")


def _is_withheld(picture: PictureName, metadata: Metadata | None) -> bool:
    return metadata is not None and picture.number in metadata.withheld


def _metadata(name: str, picture: PictureName) -> tuple[Metadata | None, str]:
    """Return a picture's metadata, or None and the reason why there is none."""
    try:
        return runtime.current().metadata(picture.job_id), ""
    except ObjectMissing:
        return None, _explain_missing(name, picture)
    except ApplicationError as error:
        return None, f"The details cannot be read: {error}"


def _explain_missing(name: str, picture: PictureName) -> str:
    """Return why the store has no metadata of a picture."""
    context = runtime.current()
    view = context.journal.find(picture.job_id)
    if view and view.state not in FINISHED:
        return _IN_PROGRESS
    return _NO_DETAILS if context.gallery.index.find(name) else _NOT_STORED


def _show_actions(
    name: str, picture: PictureName, metadata: Metadata | None, is_stored: bool
) -> None:
    with st.container(horizontal=True):
        if metadata:
            _show_repeats(picture, metadata)
            _show_form_buttons(name, picture, metadata)
        if metadata and st.button(
            "Job details", key="dialog_job", help="Shows how long each stage of the job took."
        ):
            links.follow(picture.job_id)
        if is_stored:
            # Not st.download_button, which would pass the bytes through the session.
            st.html(render("download", name, _DOWNLOADS), width="content")
            _show_star(name)
            deletion.show_button((name,))
    if deletion.show_confirmation((name,)):
        _close()
        st.rerun()


def _show_repeats(picture: PictureName, metadata: Metadata) -> None:
    try:
        job = job_of(picture.job_id, metadata).model_copy(update={"count": 1})
    except MessageError as error:  # older versions allowed sizes that today's models refuse
        st.html(render("muted", f"This picture cannot be generated again: {error}"))
        return
    seed = details.seed_of(metadata, picture)
    repeats: tuple[tuple[str, Literal["primary", "secondary"], int | None, str], ...] = (
        ("Generate again", "primary", None, "Sends the same request with a new seed."),
        ("Same seed", "secondary", seed, f"Generates this picture once more, with seed {seed}."),
    )
    for label, kind, with_seed, tooltip in repeats:
        if st.button(label, type=kind, key=f"dialog_{label}", help=tooltip):
            own_jobs.repeat(job, with_seed)
            _close()
            st.rerun()  # closes the dialog


def _show_form_buttons(name: str, picture: PictureName, metadata: Metadata) -> None:
    """Show buttons that open the Studio's form with this picture or with its parameters."""
    model = runtime.current().sampler.snapshot().model
    if st.button("Use parameters", key="dialog_parameters", help="Fills the form in the Studio."):
        _close()
        seed = details.seed_of(metadata, picture)
        form_values.open_form(
            {**dict.fromkeys(PARAMETERS), **parameters_of(metadata), "seed": seed}
        )
    if variations.offered(model):
        if variations.show_button(picture, metadata):
            _close()
            st.rerun()  # closes the dialog
        tooltip = "Opens the form in the Studio; the new picture begins with this one."
        if st.button("Use as initial picture", key="dialog_init_image", help=tooltip):
            _close()
            form_values.open_form({"init_image": name})


def _is_stored(name: str, metadata: Metadata | None) -> bool:
    gallery = runtime.current().gallery
    known = gallery.index.find(name) is not None
    if metadata is None:  # the store may be unavailable: no second wait for it
        return known
    try:
        return gallery.has(name)
    except StoreUnavailable:  # since its metadata was read
        return known


def _show_star(name: str) -> None:
    starred = runtime.current().gallery.index.is_starred(name)
    st.button(
        "★ Starred" if starred else "☆ Star",
        key="dialog_star",
        on_click=stars.change,
        args=(stars.Change((name,), not starred),),
        disabled=stars.refusal() is not None,
        help=stars.refusal(),
    )


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
                on_click=open_picture,
                args=(other or name,),
            )
