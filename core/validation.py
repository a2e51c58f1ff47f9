"""pydantic's errors in a person's words."""

from pydantic import ValidationError


def first_error(error: ValidationError) -> tuple[str, str]:
    """Return the first wrong field, dotted and perhaps empty, and what it should be.

    The two are made to be read together: "count", "should be greater than or equal to 1".
    """
    fault = error.errors(include_url=False, include_context=False, include_input=False)[0]
    reason = fault["msg"].replace("Field required", "is missing")
    for prefix in ("Value error, ", "Input ", "String "):
        reason = reason.removeprefix(prefix)
    # "should be a valid integer, unable to parse …": the first half says it.
    return ".".join(str(part) for part in fault["loc"]), reason.split(", unable")[0]
