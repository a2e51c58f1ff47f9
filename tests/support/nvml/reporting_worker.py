"""A worker that publishes telemetry of one GPU until its standard input closes.

Prints the names and values of its GPU's metrics, and the energy of two pictures. The arguments
are the folder of its events and the GPU's UUID.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from prometheus_client import REGISTRY

from wire.events.sqlite import SqliteEvents
from wire.messages.model import ModelCapabilities
from worker import metrics
from worker.context import WorkerContext
from worker.energy import EnergyMeter
from worker.generator import ModelInfo
from worker.telemetry import publish_telemetry

PRODUCT = "NVIDIA H100 80GB HBM3"


def main() -> None:
    folder, uuid = sys.argv[1:]
    model = ModelInfo(ModelCapabilities(model_id="m"), PRODUCT, gpu_uuid=uuid)
    generator = SimpleNamespace(model=model)
    events = SqliteEvents(Path(folder))
    context = SimpleNamespace(generator=generator, events=events, name="worker-1")
    with publish_telemetry(cast(WorkerContext, context)):
        sys.stdin.read()
    energy = EnergyMeter(uuid).per_picture(2)
    print(json.dumps({"metrics": _gpu_metrics(), "energy": energy}))


def _gpu_metrics() -> dict[str, float]:
    assert metrics.DEVICE in REGISTRY._collector_to_names
    families = metrics.DEVICE.collect()
    return {sample.name: sample.value for family in families for sample in family.samples}


if __name__ == "__main__":
    main()
