"""The form that takes a person's wish. What was typed stays, whatever happens."""

from html import escape
from itertools import cycle, islice
from typing import Any

import streamlit as st

from dashboard import access
from dashboard.components import account, own_jobs
from dashboard.model_facts import ModelFacts
from wire.errors import ApplicationError
from wire.job import MAX_PROMPT

BURST = 20
_SUGGESTIONS = 4
_OPTIONS = ("width", "height", "steps", "seed")


def show(model: ModelFacts) -> None:
    """Show the form and do what its buttons ask."""
    paint, burst = _show_fields(model.suggestions[0])
    answer = None
    if not access.allows("submit"):
        answer = access.reason("submit")
    elif paint:
        answer = _send([_paint_fields()])
    elif burst:
        answer = _send(burst_fields(_prompt(), model.suggestions, _options()))
    if answer:
        st.html(f"<div class='answer' role='alert'>{escape(answer)}</div>")
    if access.policy().login and access.email() is None:
        account.show_login("form")
    _show_suggestions(model.suggestions)
    _show_options(model)
    _show_vocabulary(model.vocabulary)


def _show_fields(example: str) -> tuple[bool, bool]:
    """Show the fields and their two buttons; tell which of them was pressed."""
    with st.form("request", border=False, height="stretch"):
        st.text_area(
            "Describe a picture",
            key="prompt",
            placeholder=example,
            max_chars=MAX_PROMPT,
            height="stretch",
        )
        st.slider("Pictures", 1, 16, 4, key="count")
        left, right = st.columns(2, gap="small", wrap=False)
        off = not access.allows("submit")
        paint = left.form_submit_button("Paint", type="primary", width="stretch", disabled=off)
        burst = right.form_submit_button(f"Burst of {BURST}", width="stretch", disabled=off)
    return paint, burst


def _show_suggestions(suggestions: tuple[str, ...]) -> None:
    st.pills("Try", suggestions[:_SUGGESTIONS], key="suggestion", on_change=_take_suggestion)


def _take_suggestion() -> None:
    if st.session_state.suggestion:
        st.session_state.prompt = st.session_state.suggestion
        st.session_state.suggestion = None


def _show_options(model: ModelFacts) -> None:
    """Show what few people change; the values travel with the next click on a button."""
    with st.expander("Size, steps, seed"):
        width, height = st.columns(2, gap="small", wrap=False)
        width.number_input("Width", 64, 2048, **_option("width", model, step=8))
        height.number_input("Height", 64, 2048, **_option("height", model, step=8))
        steps, seed = st.columns(2, gap="small", wrap=False)
        steps.number_input("Steps", 1, 150, **_option("steps", model))
        seed.number_input("Seed", 0, 2**32 - 1, **_option("seed", model))


def _show_vocabulary(vocabulary: dict[str, tuple[str, ...]]) -> None:
    """Show the words of a small model, which paints only what it was trained on."""
    if vocabulary:
        with st.expander("Words that this model knows"):
            st.html("".join(_paragraph(kind, known) for kind, known in vocabulary.items()))


def _paragraph(kind: str, known: tuple[str, ...]) -> str:
    return f"<p class='vocabulary'><b>{escape(kind)}</b> {escape(', '.join(known))}</p>"


def _option(key: str, model: ModelFacts, step: int = 1) -> dict[str, Any]:
    default = "random" if key == "seed" else getattr(model.defaults, key, "")
    return {
        "key": key,
        "value": None,
        "step": step,
        "placeholder": str(default),
        "on_change": "ignore",
    }


def _prompt() -> str:
    return st.session_state.prompt.strip()


def _options() -> dict[str, int]:
    chosen = {key: st.session_state.get(key) for key in _OPTIONS}
    return {key: value for key, value in chosen.items() if value is not None}


def _paint_fields() -> dict[str, Any]:
    return {"prompt": _prompt(), "count": st.session_state.count, **_options()}


def burst_fields(
    prompt: str, suggestions: tuple[str, ...], options: dict[str, int]
) -> list[dict[str, Any]]:
    """Make the requests of a burst: one picture each, and no two of them alike."""
    prompts = islice(cycle((prompt,) if prompt else suggestions), BURST)
    options = {key: value for key, value in options.items() if key != "seed"}
    return [{"prompt": each, "count": 1, **options} for each in prompts]


def _send(requests: list[dict[str, Any]]) -> str | None:
    """Send the requests; return a sentence if something is to be said."""
    if not requests[0]["prompt"]:
        return "Describe a picture first, or pick one of the suggestions."
    for sent, fields in enumerate(requests):
        try:
            own_jobs.submit(fields)
        except ApplicationError as error:
            return refusal(error, sent, len(requests))
    return None


def refusal(error: ApplicationError, sent: int, wanted: int) -> str:
    """Say what happened, and that the text was kept.

    Whether the request was sent only the error knows: a queue that was lost before it
    answered may have the job.
    """
    before = f"{sent} of {wanted} requests were sent, then this happened: " if sent else ""
    return f"{before}{error} Your text is still here."
