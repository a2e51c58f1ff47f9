"""Cut text that is pasted beyond a field's limit, and state that it was cut."""

from dashboard.components.common import custom_component
from wire.messages.parameters import MAX_PROMPT_CHARACTERS

_limit = custom_component.component("studio/paste_limit", "<p class='muted' role='status'></p>")


def show() -> None:
    """Show the sentence once a text was cut; nothing before."""
    fields = ("prompt", "negative_prompt")
    _limit(data={"limits": dict.fromkeys(fields, MAX_PROMPT_CHARACTERS)}, key="paste_limit")
