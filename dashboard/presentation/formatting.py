"""How the page says numbers, times and names."""

from datetime import datetime, tzinfo

UNKNOWN = "unknown"


def clock(at: float, zone: tzinfo | None = None) -> str:
    """Say a time of day, as the viewer's clock shows it: ``14:02:11``."""
    return datetime.fromtimestamp(at, zone).strftime("%H:%M:%S")


def duration(seconds: float) -> str:
    """Say how long something took: ``12 s``, ``1 min``, ``2 min 23 s``, ``1 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min")) if hours else ((minutes, "min"), (rest, "s"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def short_duration(seconds: float) -> str:
    """Say a duration with the precision that a stopwatch would give it: ``0.42 s``."""
    return f"{max(0.0, seconds):.2g} s" if seconds < 9.95 else duration(seconds)


def format_age(seconds: float) -> str:
    """Say how old a reading is: ``0.4 s``, ``2 s``."""
    return f"{max(0.0, seconds):.1f} s" if seconds < 0.95 else duration(seconds)


def approximate_duration(seconds: float) -> str:
    """Say an estimate no more precisely than it is known: in steps of 5 s, then minutes."""
    if seconds < 90:
        return f"about {max(5, round(seconds / 5) * 5)} s"
    return f"about {round(seconds / 60)} min"


def ordinal(number: int) -> str:
    """Say a place in line: ``1st``, ``2nd``, ``3rd``, ``4th``, ``11th``."""
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10)
    return f"{number}{suffix or 'th'}"


def pluralize(number: int, noun: str) -> str:
    """Say a number of things: ``1 worker``, ``2 workers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def time_ago(at: float | None, zone: tzinfo | None = None) -> str:
    """Say since when a silent source is silent."""
    return "no reading yet" if at is None else f"no reading since {clock(at, zone)}"


def date(at: float, zone: tzinfo | None = None) -> str:
    """Say a day: ``23 Nov 2026``."""
    return datetime.fromtimestamp(at, zone).strftime("%-d %b %Y")


def date_and_clock(at: float, zone: tzinfo | None = None) -> str:
    """Say a day and a time of day: ``23 Nov 2026, 14:02:11``."""
    return datetime.fromtimestamp(at, zone).strftime("%-d %b %Y, %H:%M:%S")


def money(amount: float, currency: str) -> str:
    """Say an amount of money: ``$1,200.00``, ``EUR 0.42``, ``$0.0071``."""
    gap = "\u00a0" if currency[-1:].isalpha() else ""
    digits = 2 if amount >= 0.1 or not amount else 4
    return f"{currency}{gap}{amount:,.{digits}f}"


def end_sentence(text: str) -> str:
    """End a text as a sentence ends."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def size(count: int) -> str:
    """Say how large a file is: ``7 kB``, ``0.3 MB``, ``12 MB``."""
    if count < 1e5:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.1f} MB" if count < 9.95e6 else f"{count / 1e6:.0f} MB"
