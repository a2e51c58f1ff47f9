"""Turn pydantic's validation errors into sentences."""

from pydantic import ValidationError


def first_error(error: ValidationError) -> tuple[str, str]:
    """Return the first invalid field, dotted and perhaps empty, and the reason.

    Both form a sentence: "count", "should be greater than or equal to 1".
    """
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    reason = first["msg"].replace("Field required", "is missing")
    for prefix in ("Value error, ", "Input ", "String "):
        reason = reason.removeprefix(prefix)
    # "should be a valid integer, unable to parse …": the first half is enough.
    return ".".join(str(key) for key in first["loc"]), reason.split(", unable")[0]
