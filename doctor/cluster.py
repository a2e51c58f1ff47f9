"""Check the cluster: the rights that the dashboard needs, and KEDA with its trigger."""

import time
from importlib.util import find_spec
from typing import TYPE_CHECKING

from core.settings import Settings
from doctor.check import Result, failed, ok, skipped

if TYPE_CHECKING:  # the worker's image has neither the dashboard nor the kubernetes package
    from dashboard.domain.fleet import Scaler


def check_rights(settings: Settings) -> Result:
    """Query the API server for each kind that the dashboard lists or watches."""
    if reason := _not_here(settings):
        return skipped(reason)
    from dashboard.fleet.kubernetes.access_review import denied_lists, denied_watches
    from dashboard.fleet.kubernetes.client import connect

    api, namespace = connect(1), settings.kube_namespace
    if denied := denied_lists(api, namespace):
        return failed(
            f"The cluster does not let this account list {', '.join(denied)} (namespace "
            f"{namespace}). Apply k8s/base/dashboard-rbac.yaml with make deploy, and "
            "check KUBE_NAMESPACE."
        )
    if unwatched := denied_watches(api, namespace):
        return ok(
            f"Everything that the dashboard reads in {namespace} may be listed. It may not watch "
            f"{', '.join(unwatched)}, so it lists them again and again, which takes long in a "
            "large cluster. Apply k8s/base/dashboard-rbac.yaml with make deploy."
        )
    return ok(f"Everything that the dashboard reads in {namespace} may be listed and watched.")


def check_scaler(settings: Settings) -> Result:
    """Read KEDA's object, its condition Ready, and its triggers."""
    if reason := _not_here(settings):
        return skipped(reason)
    from dashboard.fleet.kubernetes.client import connect
    from dashboard.fleet.kubernetes.cluster import list_scalers
    from dashboard.fleet.kubernetes.kinds import NO_KEDA
    from dashboard.fleet.kubernetes.scaler import active_scaler, make_scaler

    cluster = list_scalers(connect(1), settings.kube_namespace, settings.scaler_name, time.time())
    if cluster.warnings:
        hint = " Run make install-keda." if NO_KEDA in cluster.warnings else ""
        return failed(f"{' '.join(cluster.warnings)}{hint}")
    scaler = make_scaler(active_scaler(cluster), cluster)
    if scaler is None:
        return failed(
            f"There is no ScaledObject or ScaledJob named {settings.scaler_name} in the namespace "
            f"{settings.kube_namespace}. Run make deploy-scaledobject or deploy-scaledjob, or set "
            "SCALER_NAME and KUBE_NAMESPACE."
        )
    return _judge(scaler)


def _judge(scaler: "Scaler") -> Result:
    label = f"{scaler.kind} {scaler.name}"
    for condition in scaler.conditions:
        if condition.name == "Ready" and condition.status is not True:
            message = (condition.message or "no reason given").rstrip(".")
            return failed(
                f"{label} is not ready: {message}. kubectl describe {scaler.kind.lower()} "
                f"{scaler.name} and the log of the KEDA operator have details."
            )
    if broken := [trigger.name for trigger in scaler.triggers if trigger.failed]:
        return failed(
            f"KEDA cannot read the trigger {', '.join(broken)} of {label}. Check the URL, user and "
            "password in its TriggerAuthentication, and whether KEDA's pods reach the broker."
        )
    if not any(trigger.measure in ("requests", "waiting") for trigger in scaler.triggers):
        return failed(f"No trigger of {label} counts the queue of this project ({scaler.trigger}).")
    paused = ", but it is paused" if scaler.paused else ""
    return ok(f"{label} is ready{paused}; trigger: {scaler.trigger}.")


def _not_here(settings: Settings) -> str | None:
    if settings.fleet_kind != "kubernetes":
        return f"FLEET is {settings.fleet_kind} here, so no cluster is read."
    absent = [name for name in ("dashboard", "kubernetes") if not find_spec(name)]
    return "Only the dashboard reads the cluster." if absent else None
