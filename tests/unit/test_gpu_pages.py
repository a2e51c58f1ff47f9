"""What pages and the HTTP API show of GPUs: lane, gauges, numbers, details, metrics."""

from dataclasses import replace
from datetime import UTC

from prometheus_client.parser import text_string_to_metric_families

from dashboard.components.common import numbers
from dashboard.components.fleet import gpus as card
from dashboard.components.pictures import details
from dashboard.domain.fleet import FleetReading, Node
from dashboard.domain.gpus import DeviceReading, Gpu
from dashboard.domain.inputs import Observation
from dashboard.domain.journal import Journal
from dashboard.domain.snapshot import Reading, Sample, Snapshot
from dashboard.gallery.index import GalleryIndex
from dashboard.presentation.timeline.figure import alt_text, draw
from dashboard.recordings.format import decode, encode, to_input, to_line
from dashboard.routes import api, metrics
from dashboard.sampling.sampler import Sampler
from tests.support.samples import metadata_of
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.messages.metadata import Metadata
from wire.messages.object_names import PictureName
from wire.messages.telemetry import Telemetry

NOW = 1_800_000_000.0
GIB = 2**30
LANES = ("requests", "workers", "gpus", "pictures")
FULL = Telemetry(
    device="NVIDIA H100",
    gpu_uuid="GPU-1",
    utilization_ratio=0.94,
    memory_used_bytes=21 * GIB,
    memory_total_bytes=80 * GIB,
    temperature_celsius=71,
    power_watts=612.5,
    energy_joules=5000,
)
BUSIER = FULL.model_copy(update={"gpu_uuid": "GPU-2", "utilization_ratio": 1.0})
NAMELESS = Telemetry(device="mps")


def snapshot(*telemetry: Telemetry, age: float = 1.0, lanes: tuple[str, ...] = LANES) -> Snapshot:
    """Return a snapshot with one worker for each device."""
    devices = tuple(
        DeviceReading(f"worker-{number}", NOW - age, reading)
        for number, reading in enumerate(telemetry)
    )
    samples = (Sample(NOW - 2, gpu_busy=97), Sample(NOW, gpu_busy=97 if telemetry else None))
    return Snapshot(NOW, "laptop", lanes, devices=devices, samples=samples)


def cell(shown: Snapshot) -> numbers.Cell | None:
    """Return the cell of the GPUs in the numbers of the page Present."""
    cells = numbers.cells(shown, UTC, everything=True)
    return next((each for each in cells if each.hue == "gpus"), None)


def test_present_shows_how_busy_the_gpus_are():
    """Number of GPUs, mean utilization and the power of all."""
    assert cell(snapshot(FULL, BUSIER)) == numbers.Cell("gpus", "2 GPUs", 97, "% busy", "1.2 kW")
    assert all(each.hue != "gpus" for each in numbers.cells(snapshot(FULL), UTC))


def test_present_shows_gpus_beside_their_nodes():
    """With nodes there is no further number: five fill the width of a projector."""
    node = Node("n", "H100", 8, 8, True, NOW)
    fleet = Reading(FleetReading(None, 1, 1, (), (node,)), NOW)
    with_nodes = replace(snapshot(FULL, BUSIER), lanes=("nodes", *LANES), fleet=fleet)
    shown = list(numbers.cells(with_nodes, UTC, everything=True))
    assert [each.hue for each in shown] == [
        *("requests", "requests", "workers", "nodes", "pictures")
    ]
    assert shown[3].below == "2 GPUs 97% busy"
    assert [each.below for each in numbers.cells(with_nodes, UTC)][3] == "8 of 8 slots used"
    silent = replace(with_nodes, at=NOW + 60)
    assert [each.below for each in numbers.cells(silent, UTC, everything=True)][3] == (
        "8 of 8 slots used"
    )


def test_present_says_what_is_unknown():
    """A GPU that reports no utilization, and one that no longer reports, are never at 0%."""
    assert cell(snapshot(NAMELESS)) == numbers.Cell(
        "gpus", "1 GPU", None, below="utilization not reported, power unknown"
    )
    one_silent = snapshot(FULL, BUSIER)
    late = replace(one_silent.devices[1], at=NOW - 60)
    shown = cell(replace(one_silent, devices=(one_silent.devices[0], late)))
    assert shown == numbers.Cell("gpus", "1 of 2 GPUs", 94, "% busy", "612 W")
    silent = cell(snapshot(FULL, age=60))
    assert silent == numbers.Cell("gpus", "GPUs", None, below="no reading since 07:59:00")
    assert cell(snapshot()) == numbers.Cell("gpus", "GPUs", 0, below="none in use")
    assert cell(snapshot(lanes=("requests", "pictures"))) is None


def gauge(telemetry: Telemetry | None) -> card.Gauge:
    """Return the gauge of a GPU."""
    return card.gauge(Gpu("GPU-1", "NVIDIA H100", ("w-1", "w-2"), NOW, telemetry), UTC)


def test_gauge_shows_each_measure():
    """Utilization and memory as bars, temperature and power beside them."""
    shown = gauge(FULL)
    assert [(meter.name, meter.percent, meter.text) for meter in shown.meters] == [
        ("busy", 94, "94%"),
        ("memory", 26, "21.0 of 80.0 GiB"),
    ]
    assert shown.facts == "71 °C · 612 W"
    assert shown.workers == "w-1, w-2"


def test_gauge_names_each_unknown_measure():
    """Unknown values are the word; their bars are empty, which is not zero."""
    shown = gauge(NAMELESS)
    assert [(meter.share, meter.text) for meter in shown.meters] == [(None, "unknown")] * 2
    assert shown.facts == "temperature unknown · power unknown"
    assert gauge(None).facts == "Unknown: no reading since 08:00:00."
    assert [meter.share for meter in gauge(None).meters] == [None, None]
    used = gauge(FULL.model_copy(update={"memory_total_bytes": None})).meters[1]
    assert (used.share, used.text) == (None, "21.0 of unknown GiB")


def test_card_sums_up_the_gpus():
    """The card counts those that report, and escapes what drivers call their GPUs."""
    html = card._card(snapshot(FULL, BUSIER.model_copy(update={"device": "<b>"})), UTC)
    assert "2 reporting, 97% busy, 1.2 kW" in html
    assert html.count('role="meter"') == 4
    assert "&lt;b&gt;" in html
    assert "No GPUs in use" in card._card(snapshot(), UTC)
    stale = snapshot(FULL, age=60)
    assert card.summary(list(stale.gpus)) == "0 of 1 reporting, unknown busy, power unknown"


def sampled(*events: Event) -> Snapshot:
    """Return the snapshot of a sampler after events."""
    journal = Journal()
    lanes = ("requests", "pictures")
    gallery = GalleryIndex(started=NOW)
    sampler = Sampler(lambda: Observation(at=NOW), journal, gallery, "laptop", lanes)
    for event in events:
        journal.record(event)
    sampler.sample()
    return sampler.snapshot()


def event_of(worker: str, telemetry: Telemetry, at: float = NOW) -> Event:
    """Return a worker's event."""
    return Event(kind="telemetry", worker=worker, at=at, telemetry=telemetry)


def test_lane_appears_with_the_first_gpu():
    """Without a GPU the timeline has the lanes that it always had."""
    processor = Telemetry(device="cpu", utilization_ratio=1.0)
    assert sampled(event_of("w-1", processor)).lanes == ("requests", "pictures")
    shown = sampled(event_of("w-1", FULL), event_of("w-2", BUSIER), event_of("w-3", NAMELESS))
    assert shown.lanes == ("requests", "gpus", "pictures")
    assert [sample.gpu_busy for sample in shown.samples] == [97, 97]


def test_lane_stays_and_has_a_gap_when_gpus_are_silent():
    """A stale reading is unknown, neither the last value nor zero."""
    shown = sampled(event_of("w-1", FULL, at=NOW - 60))
    assert shown.lanes == ("requests", "gpus", "pictures")
    assert shown.samples[-1].gpu_busy is None


def test_recordings_carry_telemetry():
    """A replay shows the GPUs as the live run did; a reading takes less than half a kilobyte."""
    event = event_of("worker-6b9d7f8c4-abcde", FULL)
    line = encode(to_line(NOW, event))
    assert to_input(decode(line)) == event
    assert len(line) < 512


def test_lane_is_drawn_up_to_100_percent():
    """The lane's only tick is 100, whatever the values; its label is the newest value."""
    figure = draw(snapshot(FULL), 120)
    tick = [axis.tickvals for axis in figure.select_yaxes() if axis.tickvals == (100,)]
    texts = [note.text for note in figure.layout.annotations]
    assert len(tick) == 1
    assert "<b>GPU busy</b> in percent" in texts
    assert "busy <b>97%</b>" in texts
    assert "GPU busy in percent 97" in alt_text(snapshot(FULL))
    assert "none in use" in [note.text for note in draw(snapshot(), 120).layout.annotations]
    assert "GPU busy in percent unknown" in alt_text(snapshot())


def test_state_lists_devices_with_their_age():
    """The API has each worker's device, with null for what is unknown or stale."""
    shown = snapshot(NAMELESS, FULL)
    first, second = api.state_fields(shown, NOW)["devices"]
    assert (first["worker"], first["age"], second["age"]) == ("worker-0", 1.0, 1.0)
    assert first["value"]["utilization_ratio"] is None
    assert second["value"] == FULL.model_dump()
    stale = api.state_fields(shown, NOW + 60)["devices"]
    assert [(device["value"], device["age"]) for device in stale] == [(None, 61.0)] * 2


def test_metrics_have_a_series_for_each_gpu_and_none_where_unknown():
    """Names and units are Prometheus' own; the energy is a counter."""
    text = metrics.exposition(snapshot(FULL, BUSIER, NAMELESS), NOW)
    assert 'stable_diffusion_gpu_utilization_ratio{gpu="GPU-1",product="NVIDIA H100"} 0.94' in text
    assert 'stable_diffusion_gpu_energy_joules_total{gpu="GPU-2",product="NVIDIA H100"}' in text
    families = {family.name: family for family in text_string_to_metric_families(text)}
    power = families["stable_diffusion_gpu_power_watts"]
    assert [sample.labels["gpu"] for sample in power.samples] == ["GPU-1", "GPU-2"]
    assert "stable_diffusion_gpu_" not in metrics.exposition(snapshot(FULL), NOW + 60)


def rows(**fields: object) -> dict[str, str]:
    """Return the details of a picture with these fields of its metadata."""
    job = new_job(JobRequest(prompt="a cat", count=int(fields.pop("count", 1))))
    metadata: Metadata = metadata_of(job).model_copy(update=fields)
    return dict(details.rows(metadata, PictureName(job.id, 0), UTC))


def test_details_show_the_energy():
    """It is known of some GPUs, unknown of others, and not measured on processors."""
    assert rows(energy_joules=12.4, device="NVIDIA L4")["Energy"] == "12 J"
    assert rows(energy_joules=0.837, count=4)["Energy"] == "0.84 J per picture"
    assert rows(energy_joules=1260.0)["Energy"] == "1.3 kJ"
    assert rows(device="NVIDIA T4")["Energy"] == "unknown"
    assert "Energy" not in rows(device="cpu")
    assert "Energy" not in rows()
