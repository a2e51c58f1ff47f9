"""Write the report of a live session or of a recording."""

from collections.abc import Callable
from datetime import tzinfo

from core.settings import Settings
from dashboard.presentation import formatting
from dashboard.recordings.reader import Recording
from dashboard.recordings.replay_backends import ReplayedStore
from dashboard.recordings.replay_state import ReplayState
from dashboard.recordings.report import page
from dashboard.recordings.report.figures import Session
from dashboard.runtime.context import AppContext


def live_report(context: AppContext, seconds: float, zone: tzinfo | None) -> str:
    """Write the report of the last ``seconds`` that the pages show, live or replayed."""
    snapshot = context.sampler.snapshot()
    first = snapshot.samples[0].at if snapshot.samples else snapshot.at
    session = Session(max(first, snapshot.at - seconds), snapshot.at, snapshot)
    price = _price(context.settings)
    return page.write(session, "Stable Diffusion, live", context.store.get, price, zone)


def recording_report(recording: Recording, settings: Settings, zone: tzinfo | None) -> str:
    """Write the report of a whole recording."""
    session, store = play_whole(recording)
    return page.write(session, recording.header.name, store.get, _price(settings), zone)


def play_whole(recording: Recording) -> tuple[Session, ReplayedStore]:
    """Return the session of a whole recording, and its pictures."""
    state = ReplayState(recording)
    state.play_until(recording.end)
    store = ReplayedStore(recording, state.sampler.snapshot)
    return Session(recording.start, recording.end, state.sampler.snapshot()), store


def _price(settings: Settings) -> Callable[[float], str] | None:
    """Return a function that formats the price of GPU hours; None if no price is set."""
    hour_price = settings.gpu_hour_price
    if hour_price is None:
        return None
    return lambda hours: formatting.money(hours * hour_price, settings.currency)
