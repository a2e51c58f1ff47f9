"""Input fields of the generation parameters, made from their names, types and limits."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.presentation.parameter_fields import Kind, ParameterField, parameter_fields
from dashboard.presentation.templates import render_macro
from wire.messages.model import ModelCapabilities, accepted_part
from wire.messages.parameters import MAX_PROMPT_CHARACTERS, PARAMETERS, REQUIRES

_NARROW: tuple[Kind, ...] = ("integer", "number", "choice")
"""Two of these kinds share a row."""
_DEFAULT = "default"
"""Shown in an empty field whose default is not known."""
_MODEL = "parameters_model"
"""The key of the model for which the fields were last shown."""
_MAX_LORA_WEIGHT = 4.0
_LORA_WEIGHT_STEP = 0.05
# Kept on other pages; sent with the next submission, without a run of their own.
_STATE: dict[str, Any] = {"on_change": "ignore", "persist_state": "session"}

_render = partial(render_macro, "components/studio/prompt_form.html")


def show(model: ModelCapabilities) -> None:
    """Show a field for each parameter that the model accepts."""
    fields = [field for field in parameter_fields(model) if _is_useful(field)]
    if st.session_state.get(_MODEL) != model:
        st.session_state[_MODEL] = model
        for field in fields:
            _drop_unaccepted(field, model)
    for row in rows(fields):
        columns = st.columns(len(row), gap="small", wrap=False)
        for column, field in zip(columns, row, strict=True):
            with column:
                _INPUTS[field.kind](field)


def values(model: ModelCapabilities) -> dict[str, Any]:
    """Return the fields that are filled in, as fields of a request."""
    found = {field.name: _value(field) for field in parameter_fields(model) if _is_useful(field)}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def fill(model: ModelCapabilities, fields: Mapping[str, Any]) -> tuple[str, ...]:
    """Fill in parameters before the fields are shown; return why some are left empty."""
    set_fields = {name: value for name, value in fields.items() if value is not None}
    accepted, problems = accepted_part(model, set_fields)
    for name in PARAMETERS:
        if name in fields:
            _set(name, accepted.get(name))
    return problems


def rows(fields: Iterable[ParameterField]) -> Iterator[Sequence[ParameterField]]:
    """Arrange fields in rows: two narrow ones beside each other, others alone."""
    narrow: list[ParameterField] = []
    for field in fields:
        if field.kind in _NARROW:
            narrow.append(field)
        elif narrow:
            yield narrow
            narrow = []
        if len(narrow) == 2:
            yield narrow
            narrow = []
        if field.kind not in _NARROW:
            yield [field]
    if narrow:
        yield narrow


def _is_useful(field: ParameterField) -> bool:
    required = REQUIRES.get(field.name)
    return required is None or st.session_state.get(required) is not None


def _drop_unaccepted(field: ParameterField, model: ModelCapabilities) -> None:
    """Empty a field whose value the model does not accept: it was entered for another model."""
    value = _value(field)
    if value not in (None, "", []) and accepted_part(model, {field.name: value})[1]:
        _set(field.name, None)


def _value(field: ParameterField) -> Any:
    value = st.session_state.get(field.name)
    if field.kind == "loras":
        return [{"name": name, "weight": _weight(name)} for name in value or ()]
    return value.strip() if isinstance(value, str) else value


def _weight(lora: str) -> float:
    return float(st.session_state.get(_weight_key(lora), 1.0))


def _weight_key(lora: str) -> str:
    return f"lora_weight_{lora}"


def _set(name: str, value: Any) -> None:
    if name == "loras":
        st.session_state.loras = [lora.name for lora in value or ()]
        st.session_state.update({_weight_key(lora.name): lora.weight for lora in value or ()})
    elif name in ("prompt", "negative_prompt"):
        st.session_state[name] = value or ""
    else:
        st.session_state[name] = value


def _show_text(field: ParameterField) -> None:
    st.text_area(
        field.title,
        key=field.name,
        placeholder=field.description,
        max_chars=MAX_PROMPT_CHARACTERS,
        height=68,
        **_STATE,
    )


def _show_number(field: ParameterField) -> None:
    kind = int if field.kind == "integer" else float
    st.number_input(
        field.title,
        min_value=kind(field.minimum),
        max_value=kind(field.maximum),
        step=kind(field.step),
        value=None,
        format=None if field.kind == "integer" else "%g",
        key=field.name,
        placeholder=field.default or _DEFAULT,
        help=field.description,
        **_STATE,
    )


def _show_choice(field: ParameterField) -> None:
    st.selectbox(
        field.title,
        field.choices,
        index=None,
        key=field.name,
        placeholder=field.default or _DEFAULT,
        help=field.description,
        **_STATE,
    )


def _show_loras(field: ParameterField) -> None:
    if not field.choices:
        return
    selected = st.multiselect(
        field.title,
        field.choices,
        key=field.name,
        placeholder="none",
        help=field.description,
        persist_state="session",
    )
    for lora in selected:
        st.session_state.setdefault(_weight_key(lora), 1.0)
        st.number_input(
            f"Weight of {lora}",
            -_MAX_LORA_WEIGHT,
            _MAX_LORA_WEIGHT,
            step=_LORA_WEIGHT_STEP,
            key=_weight_key(lora),
            **_STATE,
        )


def _show_picture(field: ParameterField) -> None:
    name = st.session_state.get(field.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            _render("initial_picture", field.title, name), width="content" if name else "stretch"
        )
        if name:
            st.button("Remove", key="remove_picture", on_click=_set, args=(field.name, None))


_INPUTS: Mapping[Kind, Callable[[ParameterField], None]] = {
    "text": _show_text,
    "integer": _show_number,
    "number": _show_number,
    "choice": _show_choice,
    "loras": _show_loras,
    "picture": _show_picture,
}
