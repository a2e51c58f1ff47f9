"""The upper row of the map: what decides, and the number that each hands on to the next."""

from collections.abc import Iterator

from dashboard.domain.fleet import LOCAL, Autoscaler, Scaler, Trigger
from dashboard.presentation.explained.terms import Hue
from dashboard.presentation.fleet_map import Fields
from dashboard.presentation.formatting import UNKNOWN, pluralize
from dashboard.presentation.scaling_load import Load
from dashboard.presentation.trigger_clauses import counts_requests, value

_NO_AUTOSCALER = "KEDA has not created it"


def decision(load: Load) -> list[Fields]:
    """Return the boxes from the trigger to what starts the workers."""
    return list(_boxes(load))


def _boxes(load: Load) -> Iterator[Fields]:
    scaler, trigger = load.scaler, _deciding(load)
    measured = UNKNOWN if trigger.value is None else value(trigger)
    yield _box(
        "Trigger",
        trigger.type if scaler.kind != LOCAL else "queue",
        [f"{_subject(load, trigger)}: {measured}", f"polled every {scaler.polling_interval:g} s"],
        UNKNOWN if trigger.value is None else f"{trigger.value:g}",
        "requests" if counts_requests(trigger) else "",
    )
    yield _box(
        *_names(scaler), [_settings(load, trigger), _status(scaler)], _product(load, trigger)
    )
    if scaler.kind == "ScaledObject":
        yield _autoscaler(load)
    yield _target(load)


def _box(title: str, name: str, lines: list[str], passes: str = "", hue: Hue = "") -> Fields:
    return {"title": title, "name": name, "lines": lines, "passes": passes, "hue": hue}


def _deciding(load: Load) -> Trigger:
    return load.decider if load.known else load.requests or load.triggers[0]


def _subject(load: Load, trigger: Trigger) -> str:
    subject = trigger.subject or ("queue" if counts_requests(trigger) else trigger.type)
    others = len(load.triggers) - 1
    return f"{subject} and {pluralize(others, 'other')}" if others else subject


def _names(scaler: Scaler) -> tuple[str, str]:
    return (
        ("Local supervisor", "KEDA's rule")
        if scaler.kind == LOCAL
        else (
            scaler.kind,
            scaler.name or "",
        )
    )


def _settings(load: Load, trigger: Trigger) -> str:
    target = UNKNOWN if trigger.target is None else f"{trigger.target:g}"
    return f"{target} per {load.unit}, {load.scaler.minimum} to {load.scaler.maximum}"


def _status(scaler: Scaler) -> str:
    """Describe the conditions and pauses of a scaler."""
    ready = next((each for each in scaler.conditions if each.name == "Ready"), None)
    words = []
    if ready:
        words.append({True: "Ready", False: "not Ready", None: "readiness unknown"}[ready.status])
    if scaler.paused:
        words.append("paused")
    elif scaler.scale_in_paused or scaler.scale_out_paused:
        words.append(f"scaling {'in' if scaler.scale_in_paused else 'out'} paused")
    else:
        words.append("not paused")
    return ", ".join(words)


def _product(load: Load, trigger: Trigger) -> str:
    """Return what the scaler hands on: to an autoscaler a division, else the number of workers."""
    if load.scaler.kind != "ScaledObject":
        return UNKNOWN if load.reading.wanted is None else str(load.reading.wanted)
    if trigger.value is None or trigger.target is None:
        return UNKNOWN
    return f"{trigger.value:g} ÷ {trigger.target:g}"


def _autoscaler(load: Load) -> Fields:
    autoscaler = load.scaler.autoscaler
    if autoscaler is None:
        reasons = (each.unknown for each in load.triggers if "autoscaler" in each.unknown)
        return _box("HPA", "", [UNKNOWN, next(reasons, _NO_AUTOSCALER)], UNKNOWN, "workers")
    if load.wanted == 0:
        # Its numbers are those from before the workers were scaled to zero.
        return _box("HPA", autoscaler.name, ["inactive at zero", "KEDA starts the first"])
    desired = UNKNOWN if autoscaler.desired is None else str(autoscaler.desired)
    return _box("HPA", autoscaler.name, _replicas(autoscaler, desired), desired, "workers")


def _replicas(autoscaler: Autoscaler, desired: str) -> list[str]:
    current = UNKNOWN if autoscaler.current is None else autoscaler.current
    share = autoscaler.jobs_per_worker
    average = "" if share is None else f"{share:g} requests per worker"
    return [f"{desired} desired, {current} current", average]


def _target(load: Load) -> Fields:
    wanted, ready = load.reading.wanted, load.reading.ready
    titles = {LOCAL: "Worker processes", "ScaledJob": "Kubernetes Jobs"}
    noun = "replicas" if load.scaler.kind == "ScaledObject" else "wanted"
    count = UNKNOWN if wanted is None else wanted
    lines = [f"{count} {noun}", f"{UNKNOWN if ready is None else ready} ready"]
    return _box(titles.get(load.scaler.kind, "Deployment"), "", lines)
