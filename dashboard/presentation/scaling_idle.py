"""Explain the workers that remain although no trigger is active."""

from dashboard.domain.fleet import Scaler
from dashboard.presentation.formatting import pluralize
from dashboard.presentation.scaling_at_zero import below_activation
from dashboard.presentation.scaling_load import Load
from dashboard.presentation.trigger_clauses import (
    can_activate,
    is_active,
    not_active,
    nothing_to_receive,
    title,
)


def is_idle(load: Load) -> bool:
    """Return whether no trigger is active, so that the demands of all no longer count.

    Above a minimum only the autoscaler decides, for which activation has no meaning.
    """
    external = [each for each in load.triggers if can_activate(each)]
    if not external or any(is_active(each) is not False for each in external):
        return False
    return not keeps_minimum(load.scaler) or all(each.demand == 0 for each in load.triggers)


def keeps_minimum(scaler: Scaler) -> bool:
    """Return whether the minimum applies while no trigger is active, too."""
    return scaler.minimum > 0 and scaler.idle is None


def explain_idle(load: Load, reading_age: float) -> tuple[str, str]:
    """Return the lead and the explanation, ``reading_age`` seconds after the reading."""
    scaler, wanted = load.scaler, load.wanted
    count, quiet = pluralize(wanted, "worker"), _quiet(load)
    kept = max(scaler.minimum, 1) if scaler.forced else scaler.idle or scaler.minimum
    if scaler.forced:
        held = f"{quiet}; held active by the force-activation annotation"
        scaling = f"scaling down to {kept}" if wanted > kept else f"which keeps {kept}"
        return f"Why {count}", f"{held}, {scaling}."
    if scaler.idle and wanted <= scaler.idle:
        return f"Why {count}", f"{quiet}; the idle replica count is {scaler.idle}."
    if keeps_minimum(scaler) and wanted <= scaler.minimum:
        return f"Why {count}", f"{quiet}; the minimum is {scaler.minimum}."
    lead = f"Why still {count}"
    if scaler.scale_in_paused:
        return lead, f"{quiet}, but scaling in is paused."
    if scaler.cooldown_left is None:
        return lead, f"{quiet}; scaling down."
    return lead, f"{quiet}; {_cooldown(scaler, reading_age)}."


def _cooldown(scaler: Scaler, reading_age: float) -> str:
    left = max(0.0, (scaler.cooldown_left or 0.0) - reading_age)
    is_initial = scaler.initial_cooldown is not None
    period = scaler.initial_cooldown if is_initial else scaler.cooldown_period
    name = "initial cool-down" if is_initial else "cool-down"
    then = "" if scaler.idle is None else f", then {scaler.idle}"
    return f"the {name} of {period:g} s has {left:.0f} s left{then}"


def _quiet(load: Load) -> str:
    if (requests := load.requests) is None:
        return not_active(
            [title(each, load.triggers) for each in load.triggers if can_activate(each)]
        )
    return below_activation(requests) if requests.value else nothing_to_receive(load.counts)
