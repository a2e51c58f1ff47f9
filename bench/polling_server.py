"""Baseline of ``sessions``: the same page, where each session polls at each refresh.

Each session reads the queue's depth and lists the store. Runs with Streamlit's default of a garbage
collection after each script run.
"""

import time
from dataclasses import replace
from pathlib import Path

import streamlit as st

from dashboard import runtime, server
from dashboard.domain.snapshot import Reading, Snapshot
from dashboard.routes import files
from dashboard.sampling.sampler import Sampler

_shared_snapshot = Sampler.snapshot


def _poll(sampler: Sampler) -> Snapshot:
    now, context = time.time(), runtime.current()
    queue = Reading(context.queue.depth(), now)
    store = Reading(sum(1 for _ in context.store.entries()), now)
    return replace(_shared_snapshot(sampler), at=now, queue=queue, store=store)


Sampler.snapshot = _poll
app = st.App(
    Path(server.__file__).with_name("app.py"), lifespan=server.lifespan, routes=files.ROUTES
)
