"""The page for phones, as HTML. Whatever people typed is text in it, never markup."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from dashboard.audience.status import Status

MAX_PROMPT = 200
"""Letters: what a phone shows, and what can be read on a wall."""

_FOLDER = Path(__file__).parent
_LOOK_AGAIN = 2
"""Seconds between two looks of a phone without JavaScript."""


@dataclass(frozen=True)
class Form:
    """What the form shows."""

    typed: str = ""
    answer: str = ""
    """Why the last request was not taken."""
    suggestions: Sequence[str] = ()
    vocabulary: Sequence[str] = ()
    job_id: str = ""
    """The request that was taken last; empty before the first one."""


def page(form: Form, status: Status | None) -> str:
    """Write the page: the form, and how the visitor's last picture is."""
    return _template("page.html").substitute(
        typed=escape(form.typed),
        answer=f"<p class='answer' role='alert'>{escape(form.answer)}</p>" if form.answer else "",
        suggestions="".join(map(_suggestion, form.suggestions)),
        vocabulary=_vocabulary(form.vocabulary),
        longest=MAX_PROMPT,
        job=_job(form.job_id, status) if form.job_id else "",
    )


def job_page(status: Status | None) -> str:
    """Write how a job is, as a page that looks again by itself."""
    again = f"<meta http-equiv='refresh' content='{_LOOK_AGAIN}'>" if status and status.live else ""
    return _template("job.html").substitute(again=again, job=_article(status))


def _job(job_id: str, status: Status | None) -> str:
    source = f"/join/jobs/{escape(job_id)}"
    return (
        f"<section data-source='{source}' aria-live='polite'>{_article(status)}</section>"
        f"<noscript><iframe src='{source}' title='Your picture'></iframe></noscript>"
    )


def _article(status: Status | None) -> str:
    if status is None:
        return "<article><p>This request is not known here any more.</p></article>"
    live = " data-live" if status.live else ""
    prompt = escape(status.prompt)
    return (
        f"<article{live}><h2>{prompt}</h2><p>{escape(status.sentence)}</p>"
        f"{_progress(status)}{_picture(status, prompt)}</article>"
    )


def _progress(status: Status) -> str:
    if status.share is None:
        return ""
    return f"<progress max='1' value='{status.share:.2f}' aria-label='painted'></progress>"


def _picture(status: Status, prompt: str) -> str:
    return (
        f"<img src='/pictures/{escape(status.picture)}' alt='{prompt}'>" if status.picture else ""
    )


def _suggestion(text: str) -> str:
    text = escape(text)
    return f"<button form='wish' name='suggestion' value='{text}'>{text}</button>"


def _vocabulary(words: Sequence[str]) -> str:
    if not words:
        return ""
    known = escape(", ".join(words))
    return f"<details><summary>What it can paint</summary><p>{known}</p></details>"


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text(encoding="utf-8"))
