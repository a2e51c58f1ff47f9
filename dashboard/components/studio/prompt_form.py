"""Prompt form. Keeps its input when a submission fails, and while a recording is replayed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import access, runtime
from dashboard.components.common import form_values
from dashboard.components.page import account
from dashboard.components.studio import (
    draft,
    form_submission,
    matrix_form,
    parameter_inputs,
    paste_limit,
    png_input,
)
from dashboard.domain import prompt_matrix
from dashboard.domain.bursts import BURSTS, Burst
from dashboard.presentation.model_facts import ModelFacts
from dashboard.presentation.templates import render_macro
from dashboard.runtime.submission import SubmitRequest
from wire.messages.model import ModelCapabilities
from wire.messages.parameters import MAX_PROMPT_CHARACTERS

_MAX_SUGGESTIONS = 4
_PRESETS = "presets"
_PARAMETERS = "parameters"
_SENDING = "Sending: the queue has not confirmed the request yet. Your text is still here."
_MATRIX = "Braces make several prompts: a {red|blue} {cat|dog} is four, shown as a grid."
_SEPARATE = SubmitRequest.model_fields["separate"]

_render = partial(render_macro, "components/studio/prompt_form.html")


def show(model: ModelFacts, capabilities: ModelCapabilities) -> None:
    """Show the form; the callbacks of its buttons run before it is rendered again."""
    is_replay = runtime.current().replaying
    form_submission.take_result()
    _fill(capabilities)
    _show_fields(model.suggestions, capabilities)
    if not is_replay:
        draft.keep()
        paste_limit.show()
        _show_result()
        matrix_form.show(form_submission.send)
    if access.policy().login and access.email() is None:
        account.show_login("form")
    _show_suggestions(model.suggestions)
    _show_parameters(capabilities)
    _show_vocabulary(model.vocabulary)
    if is_replay:
        # prompt_form.css hides the fields: if they were not rendered, their input would be lost.
        st.html(_render("disabled", access.reason("submit")))


def _fill(capabilities: ModelCapabilities) -> None:
    """Take over the parameters that another page or a PNG file has left for the form."""
    if fields := form_values.take():
        st.session_state[_PARAMETERS] = True  # opens the list
        if prompt := fields.get("prompt"):
            fields = {**fields, "prompt": prompt_matrix.escape(prompt)}
        problems = parameter_inputs.fill(capabilities, fields)
        if problems:
            st.session_state.submission_error = f"Not filled in: {' '.join(problems)}"


def _show_fields(suggestions: tuple[str, ...], capabilities: ModelCapabilities) -> None:
    with st.form("request", border=False, height="stretch"):
        st.text_area(
            "Describe a picture",
            key="prompt",
            placeholder=suggestions[0],
            max_chars=MAX_PROMPT_CHARACTERS,
            height="stretch",
            persist_state="session",
        )
        st.slider("Pictures", 1, 16, 4, key="count", persist_state="session")
        with st.container(horizontal=True, gap="small"):
            _show_submit("Generate", form_submission.generate, capabilities, type="primary")
            _show_submit(
                f"Burst of {form_submission.BURST}",
                form_submission.send_burst,
                suggestions,
                capabilities,
            )
            with st.popover("More", key=_PRESETS, on_change="rerun"):
                for burst in BURSTS:
                    _show_submit(burst.label, _send_preset, burst)


def _show_submit(label: str, callback: Callable[..., None], *args: Any, **style: Any) -> None:
    st.form_submit_button(
        label,
        width="stretch",
        disabled=not access.allows("submit") or form_submission.is_pending(),
        on_click=callback,
        args=args,
        **style,
    )


def _show_result() -> None:
    """Show why the last submission failed, and a button that sends the rest of a burst."""
    message = st.session_state.pop("submission_error", None)
    if not access.allows("submit"):
        message = access.reason("submit")
    elif form_submission.is_pending():
        message = _SENDING
    if message:
        st.html(_render("answer", message))
    if unsent := st.session_state.get("unsent"):
        st.button(
            f"Send the other {len(unsent)}",
            width="stretch",
            on_click=_send_rest,
            args=(unsent,),
        )


def _send_rest(unsent: Sequence[dict[str, Any]]) -> None:
    form_submission.send(unsent)


def _show_suggestions(suggestions: tuple[str, ...]) -> None:
    st.pills("Try", suggestions[:_MAX_SUGGESTIONS], key="suggestion", on_change=_use_suggestion)


def _use_suggestion() -> None:
    if st.session_state.suggestion:
        st.session_state.prompt = st.session_state.suggestion
        st.session_state.suggestion = None


def _show_parameters(capabilities: ModelCapabilities) -> None:
    """Show the parameters that the model accepts; a submission sends them along."""
    with st.expander("Parameters", key=_PARAMETERS, on_change="rerun"):
        parameter_inputs.show(capabilities)
        st.toggle(
            _SEPARATE.title or "",
            key="separate",
            help=_SEPARATE.description,
            on_change="ignore",
            persist_state="session",
        )
        st.html(_render("hint", _MATRIX))
        png_input.show()


def _show_vocabulary(vocabulary: dict[str, tuple[str, ...]]) -> None:
    """Show the words of a small model, which generates only what it was trained on."""
    if vocabulary:
        with st.expander("Words that this model was trained on"):
            st.html(_render("vocabulary", vocabulary))


def _send_preset(burst: Burst) -> None:
    st.session_state[_PRESETS] = False  # closes the list
    form_submission.send_preset(burst)
