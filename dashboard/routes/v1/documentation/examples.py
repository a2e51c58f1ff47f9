"""Commands that a programmer can paste."""

import json
from collections.abc import Mapping
from typing import Any

from dashboard.routes import event_stream

_BODY = {"prompt": "cartoon dwarf", "count": 2}


def curl(method: str, url: str, operation: Mapping[str, Any]) -> str:
    """Return the command that sends a request."""
    options = "" if method == "GET" else f" -X {method}"
    if event_stream.MEDIA_TYPE in operation["responses"].get("200", {}).get("content", {}):
        options += " -N"
    if "image/png" in operation["responses"].get("200", {}).get("content", {}):
        options += " -o picture.png"
    lines = [f"curl{options} {_filled(url)}"]
    if operation["security"][0]:
        lines.append("-H 'Authorization: Bearer <key>'")
    if "requestBody" in operation:
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(_BODY)}'"]
    return " \\\n  ".join(lines)


def _filled(url: str) -> str:
    return url.replace("{id}", "$JOB").replace("{name}", "$PICTURE")
