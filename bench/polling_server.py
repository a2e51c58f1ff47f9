"""The peer of ``sessions``: the same page, written as one would first.

Each session asks the queue and lists the store at each tick. Start it like the dashboard,
with Streamlit's default of a garbage collection after each run.
"""

import time
from dataclasses import replace
from pathlib import Path

import streamlit as st

from dashboard import runtime, server
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes import files
from dashboard.sampling.sampler import Sampler

_shared = Sampler.snapshot


def _poll(sampler: Sampler) -> Snapshot:
    now, parts = time.time(), runtime.current()
    queue = Reading(parts.queue.depth(), now)
    store = Reading(sum(1 for _ in parts.store.entries()), now)
    return replace(_shared(sampler), at=now, queue=queue, store=store)


Sampler.snapshot = _poll
app = st.App(
    Path(server.__file__).with_name("app.py"), lifespan=server.lifespan, routes=files.ROUTES
)
