"""Where reports come from: a live session, or a recording."""

from collections.abc import Callable
from datetime import tzinfo
from functools import partial

from core.settings import Settings
from dashboard.presentation import formatting
from dashboard.recordings.reader import Recording
from dashboard.recordings.replay_backends import ReplayedStore
from dashboard.recordings.replay_state import ReplayState
from dashboard.recordings.report import page
from dashboard.recordings.report.figures import Session
from dashboard.runtime.context import AppContext


def of_runtime(runtime: AppContext, seconds: float, zone: tzinfo | None) -> str:
    """Report on the last ``seconds`` of what runs, or of what plays."""
    snapshot = runtime.sampler.snapshot()
    first = snapshot.samples[0].at if snapshot.samples else snapshot.at
    session = Session(max(first, snapshot.at - seconds), snapshot.at, snapshot)
    prices = _prices(runtime.settings)
    return page.write(session, "Stable Diffusion, live", runtime.store.get, prices, zone)


def of_recording(recording: Recording, settings: Settings, zone: tzinfo | None) -> str:
    """Report on a whole recording."""
    stage = ReplayState(recording)
    stage.play_until(recording.end)
    snapshot = stage.sampler.snapshot()
    store = ReplayedStore(recording, stage.sampler.snapshot)
    session = Session(recording.start, recording.end, snapshot)
    return page.write(session, recording.header.name, store.get, _prices(settings), zone)


def _prices(settings: Settings) -> Callable[[float], str] | None:
    """Say what hours cost, if a price is set."""
    price = settings.gpu_hour_price
    return None if price is None else partial(_cost, price, settings.currency)


def _cost(price: float, currency: str, hours: float) -> str:
    return formatting.money(hours * price, currency)
