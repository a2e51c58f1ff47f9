"""Telemetry: read from a fake driver, folded by the dashboard, and what becomes of old readings."""

import itertools
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import UnknownEventKind
from dashboard.domain.gpus import (
    GONE_AFTER_SECONDS,
    STALE_AFTER_SECONDS,
    DeviceReading,
    list_gpus,
    mean_utilization,
    total_power,
)
from dashboard.domain.journal import Journal
from tests.support import nvml
from tests.support.conditions import wait_until
from tests.support.nvml.reporting_worker import PRODUCT
from wire.events.base import decode_or_skip
from wire.events.sqlite import MAX_STORED_EVENTS, SqliteEvents
from wire.messages.event import Event, decode_event, encode_event
from wire.messages.telemetry import MEASURES, Telemetry
from worker import cgroup
from worker.energy import mean_energy
from worker.processor import ProcessorMeter

NOW = 1_800_000_000.0
MIB = 2**20
ROOT = Path(__file__).parents[2]


def run_worker(folder: Path, uuid: str = nvml.uuid(2), **environment: str) -> dict[str, object]:
    """Run a worker until its first telemetry; return that with metrics and energy."""
    command = [sys.executable, "-m", "tests.support.nvml.reporting_worker", str(folder), uuid]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(nvml.build()), **environment}
    events = SqliteEvents(folder)
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        [event, *_] = wait_until(lambda: events.receive(1), what="telemetry")
        output, _ = worker.communicate()
    events.close()
    assert (event.kind, event.worker) == ("telemetry", "worker-1")
    return {"telemetry": event.telemetry, **json.loads(output)}


def test_driver_reports_each_measure(tmp_path):
    """Telemetry, metrics and energy of a picture have the driver's values, in base units."""
    reported = run_worker(tmp_path, FAKE_NVML_GPUS="2")
    telemetry = reported["telemetry"]
    assert telemetry == Telemetry(
        device=PRODUCT,
        gpu_uuid=nvml.uuid(2),
        utilization_ratio=0.97,
        memory_used_bytes=21000 * MIB,
        memory_total_bytes=81559 * MIB,
        temperature_celsius=71,
        power_watts=612.5,
        energy_joules=5000,
    )
    names = [f"worker_gpu_{name}" for name in MEASURES if name != "energy_joules"]
    assert list(reported["metrics"]) == [*names, "worker_gpu_energy_joules_total"]
    assert reported["metrics"]["worker_gpu_power_watts"] == 612.5
    assert reported["energy"] == 6


@pytest.mark.parametrize("measure", ["utilization", "memory", "power", "energy"])
def test_measure_that_the_gpu_does_not_report_is_unknown(tmp_path, measure: str):
    """It is None and has no metric; it is never zero, and all others are known."""
    reported = run_worker(tmp_path, nvml.uuid(1), FAKE_NVML_UNSUPPORTED=measure)
    missing = {name for name in MEASURES if getattr(reported["telemetry"], name) is None}
    assert missing == {name for name in MEASURES if name.startswith(measure)}
    metrics = {
        name.removeprefix("worker_gpu_").removesuffix("_total") for name in reported["metrics"]
    }
    assert metrics == set(MEASURES) - missing
    assert (reported["energy"] is None) == (measure == "energy")


def test_older_driver_reports_the_temperature(tmp_path):
    """Drivers without the newer function are asked by the older one."""
    reported = run_worker(tmp_path, nvml.uuid(1), FAKE_NVML_UNSUPPORTED="temperature")
    assert reported["telemetry"].temperature_celsius == 70


@pytest.mark.parametrize("fault", [{"FAKE_NVML_FAILS": "1"}, {"LD_LIBRARY_PATH": "/nowhere"}, {}])
def test_without_the_driver_only_the_name_is_known(tmp_path, fault: dict[str, str]):
    """A driver that fails, that is missing or that does not list the GPU stops no worker."""
    reported = run_worker(tmp_path, nvml.uuid(7), **fault)
    assert reported["telemetry"] == Telemetry(device=PRODUCT, gpu_uuid=nvml.uuid(7))
    assert (reported["metrics"], reported["energy"]) == ({}, None)


def test_processor_is_a_share_of_the_quota(tmp_path):
    """The limits of the container count, and the utilization is unknown at the first reading."""
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    (tmp_path / "memory.max").write_text(f"{512 * MIB}\n")
    meter = ProcessorMeter(tmp_path)
    assert meter.read().utilization_ratio is None
    telemetry = wait_until(lambda: busy(meter), what="time of the processor")
    assert 0 < telemetry.utilization_ratio <= 1
    assert telemetry.memory_total_bytes == 512 * MIB
    assert telemetry.memory_used_bytes > MIB
    assert (telemetry.power_watts, telemetry.energy_joules) == (None, None)


def busy(meter: ProcessorMeter) -> Telemetry | None:
    """Use the processor, and read it; None if its time has not advanced."""
    sum(range(200_000))
    telemetry = meter.read()
    return telemetry if telemetry.utilization_ratio else None


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"cpu.max": "50000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "90000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({}, None),
    ],
)
def test_threads_fit_the_quota(tmp_path, files: dict[str, str], count: int | None):
    """Of both versions of cgroups; without a quota, the processors that the process may use."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert cgroup.threads(tmp_path) == (count or len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("limits", [{}, {"cpu.max": "max 100000", "memory.max": "max"}])
def test_without_a_quota_the_machine_counts(tmp_path, limits: dict[str, str]):
    """No cgroup, or one without limits."""
    for name, text in limits.items():
        (tmp_path / name).write_text(text)
    assert ProcessorMeter(tmp_path).read().memory_total_bytes > 512 * MIB


def test_energy_of_a_job_is_the_mean_of_its_pictures():
    """A picture without a measurement, or a counter that never advanced, makes it unknown."""
    assert mean_energy([12.0, 10.0, 0.0]) == pytest.approx(22 / 3, abs=0.001)
    assert mean_energy([12.0, None]) is None
    assert mean_energy([0.0, 0.0]) is None
    assert mean_energy([]) is None


def test_events_of_newer_versions_are_skipped_quietly(caplog):
    """A newer worker may publish thousands of them; the log of the dashboard stays empty."""
    caplog.set_level(logging.DEBUG, logger="wire.events.base")
    body = b'{"kind": "from the future", "worker": "w"}'
    with pytest.raises(UnknownEventKind):
        decode_event(body)
    assert decode_or_skip(body) is None
    assert [record for record in caplog.records if record.levelname != "DEBUG"] == []
    assert decode_or_skip(b'{"kind": "step", "step": "no number"}') is None
    assert [record.levelname for record in caplog.records if record.levelname != "DEBUG"]


def test_telemetry_does_not_displace_the_events_of_jobs(tmp_path):
    """After hours of idling a restarted dashboard still recovers its jobs."""
    events = SqliteEvents(tmp_path)
    events.publish(Event(kind="step", step=1))
    for _ in range(MAX_STORED_EVENTS + 300):
        events.publish(telemetry_event())
    stored = SqliteEvents(tmp_path).receive(0)
    assert stored[0].kind == "step"
    assert 100 <= len(stored) <= 300
    events.close()


def telemetry_event(worker: str = "w-1", at: float = NOW, **fields: object) -> Event:
    """Return the event of a GPU of its own."""
    values = {"device": "NVIDIA L4", "gpu_uuid": f"GPU-{worker}", "utilization_ratio": 0.5} | fields
    return Event(kind="telemetry", worker=worker, at=at, telemetry=Telemetry(**values))


def journal_of(*events: Event) -> Journal:
    """Return a journal of these events, a second apart."""
    journal = Journal(clock=itertools.count().__next__)
    for event in events:
        journal.record(decode_event(encode_event(event)))
    return journal


def test_newest_telemetry_of_each_worker_is_kept():
    """A later reading replaces the earlier one; a worker that stopped has none."""
    journal = journal_of(
        telemetry_event("w-1", utilization_ratio=0.1),
        telemetry_event("w-1", NOW + 2, utilization_ratio=0.9),
        telemetry_event("w-2"),
        Event(kind="stopped", worker="w-2", at=NOW + 2),
        telemetry_event("w-3"),
    )
    journal.remove_worker("w-3")
    assert [(each.worker, each.at) for each in journal.devices()] == [("w-1", NOW + 2)]
    assert mean_utilization(list_gpus(journal.devices(), NOW + 2)) == 0.9


def test_telemetry_changes_no_job_and_no_phase():
    """A worker that generates still generates, whatever its device reports."""
    journal = journal_of(
        Event(kind="step", worker="w-1", at=NOW, step=1, steps=4), telemetry_event(at=NOW + 1)
    )
    worker = journal.workers()["w-1"]
    assert (worker.phase, worker.since, worker.last_event_at) == ("generating", NOW, NOW + 1)
    assert journal.jobs() == ()


def test_old_readings_are_unknown_then_gone():
    """A worker that is silent for ten seconds has an unknown GPU; after minutes it has none."""
    devices = journal_of(telemetry_event()).devices()
    [gpu] = list_gpus(devices, NOW + STALE_AFTER_SECONDS)
    assert gpu.latest
    [gpu] = list_gpus(devices, NOW + STALE_AFTER_SECONDS + 1)
    assert (gpu.latest, gpu.at) == (None, NOW)
    assert mean_utilization([gpu]) is None
    assert total_power([gpu]) is None
    assert list_gpus(devices, NOW + GONE_AFTER_SECONDS + 1) == ()


def test_silent_devices_are_forgotten():
    """The journal does not grow with every worker that ever ran."""
    later = NOW + GONE_AFTER_SECONDS + 1
    journal = journal_of(telemetry_event("w-1"), telemetry_event("w-2", later))
    assert [reading.worker for reading in journal.devices()] == ["w-2"]


def test_workers_that_share_a_gpu_count_it_once():
    """Time-sliced slots are one GPU; processors are none."""
    shared = {"gpu_uuid": "GPU-a", "power_watts": 70.0}
    devices = [
        DeviceReading("w-2", NOW, Telemetry(device="NVIDIA L4", **shared, utilization_ratio=0.9)),
        DeviceReading("w-1", NOW - 1, Telemetry(device="NVIDIA L4", **shared)),
        DeviceReading("w-3", NOW, Telemetry(device="mps")),
        DeviceReading("w-4", NOW, Telemetry(device="cpu", utilization_ratio=1)),
    ]
    gpus = list_gpus(devices, NOW)
    assert [(gpu.product, gpu.workers) for gpu in gpus] == [
        ("NVIDIA L4", ("w-1", "w-2")),
        ("mps", ("w-3",)),
    ]
    assert mean_utilization(gpus) == 0.9
    assert total_power(gpus[:1]) == 70
    assert total_power(gpus) is None


def test_only_gpus_add_to_the_pages():
    """A laptop without a GPU keeps its pages, whatever its processor reports."""
    journal = journal_of(telemetry_event("w-1", device="cpu", gpu_uuid=None))
    assert not journal.has_seen_gpu()
    journal.record(telemetry_event("w-2"))
    assert journal.has_seen_gpu()
