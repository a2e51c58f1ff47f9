"""The line that counts what became of the jobs since a fault."""

from datetime import tzinfo

from dashboard.domain.faults import FaultReport
from dashboard.presentation.formatting import UNKNOWN, clock, pluralize

_LATE = f"lost: {UNKNOWN} while the queue's counts are missing, late, or include unknown requests"


def verdict(report: FaultReport) -> str:
    """Return whether a job is lost, in two or three words."""
    if report.lost is None:
        return f"Lost: {UNKNOWN}"
    return f"{pluralize(report.lost, 'request')} lost" if report.lost else "Nothing lost"


def count(report: FaultReport, zone: tzinfo | None) -> str:
    """Return the count behind the verdict, as a sentence."""
    since = clock(report.since, zone)
    if not report.requests:
        return f"no request since {since}."
    numbers = [(report.finished, "finished"), (report.waiting, "waiting")]
    numbers += [(report.generating, "in progress"), (report.failed, "failed")]
    numbers.append((report.cancelled, "cancelled"))
    parts = [f"{number} {name}" for number, name in numbers if number or name == "finished"]
    parts.append(_LATE if report.lost is None else f"{report.lost} lost")
    return f"{pluralize(report.requests, 'request')} since {since}: {', '.join(parts)}."
