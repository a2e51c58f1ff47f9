"""The form that takes a person's wish. What was typed stays, whatever happens."""

from collections.abc import Callable, Sequence
from html import escape
from itertools import cycle, islice
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard import access
from dashboard.components.jobs import own_jobs
from dashboard.components.page import account
from dashboard.domain.bursts import BURSTS, Burst
from dashboard.presentation.model_facts import ModelFacts
from wire.messages.job import MAX_PROMPT

BURST = 20
_SUGGESTIONS = 4
_PRESETS = "presets"
_OPTIONS = ("width", "height", "steps", "seed")


def show(model: ModelFacts) -> None:
    """Show the form; its buttons act before it is drawn again."""
    _show_fields(model.suggestions)
    _show_answer()
    if access.policy().login and access.email() is None:
        account.show_login("form")
    _show_suggestions(model.suggestions)
    _show_options(model)
    _show_vocabulary(model.vocabulary)


def _show_fields(suggestions: tuple[str, ...]) -> None:
    with st.form("request", border=False, height="stretch"):
        st.text_area(
            "Describe a picture",
            key="prompt",
            placeholder=suggestions[0],
            max_chars=MAX_PROMPT,
            height="stretch",
        )
        st.slider("Pictures", 1, 16, 4, key="count")
        with st.container(horizontal=True, gap="small"):
            _submit("Paint", _paint, type="primary")
            _submit(f"Burst of {BURST}", _burst, suggestions)
            with st.popover("More", key=_PRESETS, on_change="rerun"):
                for burst in BURSTS:
                    _submit(burst.label, _send_preset, burst)


def _submit(label: str, act: Callable, *args: Any, **look: Any) -> None:
    st.form_submit_button(
        label,
        width="stretch",
        disabled=not access.allows("submit"),
        on_click=act,
        args=args,
        **look,
    )


def _show_answer() -> None:
    """Say what went wrong with the last click; what was not sent can be sent again."""
    answer = st.session_state.pop("answer", None)
    if not access.allows("submit"):
        answer = access.reason("submit")
    if answer:
        st.html(f"<div class='answer' role='alert'>{escape(answer)}</div>")
    if unsent := st.session_state.get("unsent"):
        st.button(f"Send the other {len(unsent)}", width="stretch", on_click=_send, args=(unsent,))


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


def burst_fields(
    prompt: str, suggestions: tuple[str, ...], options: dict[str, int]
) -> list[dict[str, Any]]:
    """Make the requests of a burst: one picture each, and no two of them alike."""
    prompts = islice(cycle((prompt,) if prompt else suggestions), BURST)
    options = {key: value for key, value in options.items() if key != "seed"}
    return [{"prompt": each, "count": 1, **options} for each in prompts]


def _paint() -> None:
    _send([{"prompt": _prompt(), "count": st.session_state.count, **_options()}])


def _send_preset(burst: Burst) -> None:
    st.session_state[_PRESETS] = False  # closes the list
    _send(burst.requests())


def _burst(suggestions: tuple[str, ...]) -> None:
    _send(burst_fields(_prompt(), suggestions, _options()))


def _send(requests: Sequence[dict[str, Any]]) -> None:
    """Send the requests; keep what is to be said, and what could not be sent of several."""
    if not requests[0]["prompt"]:
        st.session_state.answer = "Describe a picture first, or pick one of the suggestions."
        return
    sending = own_jobs.submit_all(requests)
    st.session_state.unsent = sending.unsent if sending.sent else ()
    if sending.error:
        st.session_state.answer = refusal(sending.error, sending.sent, len(requests))


def refusal(error: ApplicationError, sent: int, wanted: int) -> str:
    """Say what happened, and that the text was kept.

    Whether the request was sent only the error knows: a queue that was lost before it
    answered may have the job.
    """
    before = f"{sent} of {wanted} requests were sent, then this happened: " if sent else ""
    return f"{before}{error} Your text is still here."
