"""Format numbers, times and sizes for pages, phones and terminals."""

import re
from datetime import datetime, tzinfo

UNKNOWN = "unknown"


def clock(at: float, zone: tzinfo | None = None) -> str:
    """Format a time of day in the viewer's zone: ``14:02:11``."""
    return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")


def duration(seconds: float) -> str:
    """Format a duration: ``12 s``, ``1 min``, ``2 min 23 s``, ``1 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min")) if hours else ((minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def short_duration(seconds: float) -> str:
    """Format a measured duration with two digits below 10 s: ``0.42 s``, ``12 s``."""
    return f"{max(0.0, seconds):.2g} s" if seconds < 9.95 else duration(seconds)


def format_age(seconds: float) -> str:
    """Format the age of a reading: ``0.4 s``, ``2 s``."""
    return f"{max(0.0, seconds):.1f} s" if seconds < 0.95 else duration(seconds)


def approximate_duration(seconds: float) -> str:
    """Format an estimate, in steps of 5 s up to 90 s and then in minutes: ``~35 s``, ``~2 min``."""
    if seconds < 90:
        return f"~{max(5, round(seconds / 5) * 5)} s"
    return f"~{round(seconds / 60)} min"


def ordinal(number: int) -> str:
    """Format a position: ``1st``, ``2nd``, ``3rd``, ``4th``, ``11th``."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{suffix or 'th'}"


def pluralize(number: int, noun: str) -> str:
    """Format a count with its noun: ``1 worker``, ``2 workers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def time_ago(at: float | None, zone: tzinfo | None = None) -> str:
    """Format the time of a source's newest reading, where the source no longer answers."""
    return "no reading yet" if at is None else f"no reading since {clock(at, zone)}"


def date(at: float, zone: tzinfo | None = None) -> str:
    """Format a day: ``23 Nov 2026``."""
    return datetime.fromtimestamp(at, zone).strftime("%-d %b %Y")


def date_and_clock(at: float, zone: tzinfo | None = None) -> str:
    """Format a day and a time of day: ``23 Nov 2026, 14:02:11``."""
    return datetime.fromtimestamp(at, zone).strftime("%-d %b %Y, %H:%M:%S")


def money(amount: float, currency: str) -> str:
    """Format an amount of money: ``$1,200.00``, ``EUR 0.42``, ``$0.0071``."""
    gap = "\u00a0" if currency[-1:].isalpha() else ""
    digits = 2 if amount >= 0.1 or not amount else 4
    return f"{currency}{gap}{amount:,.{digits}f}"


def gibibytes(count: int) -> str:
    """Format memory as drivers of GPUs do, without its unit GiB: ``0.4``, ``21.4``."""
    return f"{count / 2**30:.1f}"


def power(watts: float) -> str:
    """Format electrical power: ``72 W``, ``2.1 kW``."""
    return f"{watts:.0f} W" if watts < 999.5 else f"{watts / 1000:.1f} kW"


def energy(joules: float) -> str:
    """Format energy, with two digits below 10 J: ``0.42 J``, ``12 J``, ``1.3 kJ``."""
    if joules < 9.95:
        return f"{joules:.2g} J"
    return f"{joules:.0f} J" if joules < 999.5 else f"{joules / 1000:.1f} kJ"


def size(count: int) -> str:
    """Format a number of bytes: ``7 kB``, ``0.3 MB``, ``12 MB``."""
    if count < 1e5:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 9.95e6 else f"{count / 1e6:.0f} MB"


def natural_sort_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key that sorts ``worker-2`` before ``worker-10``."""
    parts = re.findall(r"\d+|\D+", name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts], name
