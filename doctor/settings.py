"""Check the settings for names that are probably misspelled, which are ignored otherwise."""

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from dotenv import dotenv_values

from core.settings import Settings
from doctor.check import Result, failed, ok

_MIN_SIMILARITY = 0.85
"""Ratio of difflib from which a name counts as misspelled. That of ``RABBITMQ_ULR`` is higher;
those of the variables that Kubernetes sets for Services are lower."""


def check_names() -> Result:
    """Compare the names in the environment and ``.env`` with those of the settings."""
    names = [name.upper() for name in Settings.model_fields]
    in_file = dotenv_values(".env", interpolate=False)
    misspelled = [*_misspelled(os.environ, names), *_misspelled(in_file, names)]
    if misspelled:
        return failed(" ".join(dict.fromkeys(misspelled)))
    source = "the environment and .env" if in_file else "the environment"
    return ok(f"Read from {source}; every value is valid.")


def _misspelled(given: Iterable[str], names: list[str]) -> list[str]:
    present: Mapping[str, None] = dict.fromkeys(name.upper() for name in given)
    return [
        f"{name} is not a setting, so it is ignored; rename it if {close[0]} is meant."
        for name in present
        if name not in names
        and (close := get_close_matches(name, names, 1, _MIN_SIMILARITY))
        and close[0] not in present
    ]
