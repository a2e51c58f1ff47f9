"""Send what the prompt form describes, in the background; what could not be sent is kept."""

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from typing import Any

import streamlit as st

from core.errors import ApplicationError
from dashboard.components.jobs import sending
from dashboard.components.studio import matrix_form, parameter_inputs
from dashboard.domain import prompt_matrix
from dashboard.domain.bursts import Burst
from dashboard.runtime.submission import separate_seed
from wire.messages.model import ModelCapabilities

BURST = 20
_PLACE = "form"


def _prompt() -> str:
    prompt: str = st.session_state.prompt
    return prompt.strip()


def burst_fields(
    prompt: str, suggestions: tuple[str, ...], parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the requests of a burst: one picture each, each with a random seed.

    Raises MessageError: the prompt is no valid matrix.
    """
    prompts = islice(cycle(prompt_matrix.parse(prompt).prompts if prompt else suggestions), BURST)
    parameters = {name: value for name, value in parameters.items() if name != "seed"}
    return [{"prompt": text, "count": 1, **parameters} for text in prompts]


def separate_fields(fields: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Return a request for each picture, so that those that were not sent can be sent later."""
    seed = fields.get("seed")
    return [{**fields, "count": 1, "seed": separate_seed(seed, number)} for number in range(count)]


def generate(capabilities: ModelCapabilities) -> None:
    """Send the request, or have it confirmed if its prompt is a matrix."""
    count = st.session_state.count
    fields = {"prompt": _prompt(), **parameter_inputs.values(capabilities), "count": count}
    _attempt(_generate, fields)


def _generate(fields: dict[str, Any]) -> None:
    if fields["prompt"] and matrix_form.propose(fields):
        return
    fields = fields | {"prompt": prompt_matrix.parse(fields["prompt"]).prompts[0]}
    send(separate_fields(fields, fields["count"]) if st.session_state.separate else [fields])


def _attempt(function: Callable[[dict[str, Any]], object], fields: dict[str, Any]) -> None:
    """Call a function in place of what the form showed; show the error if it raises one."""
    matrix_form.dismiss()
    try:
        function(fields)
    except ApplicationError as error:
        st.session_state.submission_error = refusal(error, 0, 1)


def send_preset(burst: Burst) -> None:
    """Send the requests of a preset."""
    matrix_form.dismiss()
    send(burst.requests())


def send_burst(suggestions: tuple[str, ...], capabilities: ModelCapabilities) -> None:
    """Send a burst of the prompt, of the prompts of its matrix, or of suggestions."""
    parameters = parameter_inputs.values(capabilities)
    _attempt(lambda fields: send(burst_fields(_prompt(), suggestions, fields)), parameters)


def send(requests: Sequence[dict[str, Any]]) -> bool:
    """Begin to send the requests; return whether it began."""
    if not requests[0]["prompt"]:
        message = "Describe a picture first, or pick one of the suggestions."
        st.session_state.submission_error = message
        return False
    if is_pending():  # the button was pressed twice
        return False
    is_rest = requests == st.session_state.get("unsent")
    st.session_state.unsent, st.session_state.resent = (), requests if is_rest else ()
    sending.begin(_PLACE, requests)
    take_result()
    return True


def has_result() -> bool:
    """Return whether the form must be rendered anew, to show the result of a submission."""
    return sending.is_done(_PLACE)


def is_pending() -> bool:
    """Return whether requests are still being sent."""
    return sending.is_pending(_PLACE)


def take_result() -> None:
    """Take the result of the last submission, once there is one."""
    result = sending.take(_PLACE)
    if result and result.error:
        # Requests that are sent the second time are in no text any more.
        rest = st.session_state.get("resent", ())
        st.session_state.unsent = result.unsent if result.sent else rest
        st.session_state.submission_error = refusal(result.error, result.sent, result.total)


def refusal(error: ApplicationError, sent: int, total: int) -> str:
    """Describe a failed submission, and that the input was kept.

    Whether the request was sent is in the error: a queue whose connection broke before it
    confirmed may have the job.
    """
    before = f"{sent} of {total} requests were sent, then an error: " if sent else ""
    return f"{before}{error} Your text is still here."
