"""Turn pydantic's validation errors into sentences."""

from collections.abc import Iterator

from pydantic import ValidationError


def first_error(error: ValidationError) -> tuple[str, str]:
    """Return the first invalid field, dotted and perhaps empty, and the reason.

    Both form a sentence: "count", "should be greater than or equal to 1".
    """
    return next(_faults(error))


def all_errors(error: ValidationError) -> dict[str, str]:
    """Return the first reason for each invalid field, as ``first_error`` does for one."""
    return dict(reversed(list(_faults(error))))


def _faults(error: ValidationError) -> Iterator[tuple[str, str]]:
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        yield ".".join(str(key) for key in fault["loc"]), _reason(fault["msg"])


def _reason(message: str) -> str:
    reason = message.replace("Field required", "is missing")
    for prefix in ("Value error, ", "Input ", "String "):
        reason = reason.removeprefix(prefix)
    # "should be a valid integer, unable to parse …": the first half is enough.
    return reason.split(", unable")[0]
