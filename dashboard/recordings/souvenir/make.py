"""Write the souvenir of a recording."""

from datetime import tzinfo

from dashboard.recordings.reader import Recording
from dashboard.recordings.report.make import play_whole
from dashboard.recordings.souvenir import page


def souvenir(recording: Recording, zone: tzinfo | None) -> str:
    """Write the replay of a whole recording as an HTML file, with times of a zone."""
    session, store = play_whole(recording)
    return page.write(session, recording.header.name, store.get, zone)
