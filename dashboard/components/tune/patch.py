"""What to apply so that the what-if settings become real, with a button that copies it."""

import streamlit as st

from dashboard import runtime
from dashboard.components.common import custom_component, tables
from dashboard.domain.fleet import Scaler
from dashboard.presentation import formatting
from dashboard.presentation.whatif import patch
from dashboard.whatif.scenario import Scenario

_UNCHANGED = "Nothing differs from the real settings. Move a slider, or let Find move them."

_patch = custom_component.component("tune/patch", "<div class='patch'></div>")


def show(real: Scenario, tried: Scenario, scaler: Scaler) -> None:
    """Show the changed settings as commands for kubectl, or as lines of ``.env``."""
    found = patch_lines(real, tried, scaler, runtime.current().settings.kube_namespace)
    changed = patch.count(found)
    name = "Settings" if real.setup.is_local else "Patch"
    st.html(tables.title(name, _count(changed)))
    if not found:
        st.html(tables.note(_UNCHANGED))
        return
    lines = [[line.before, line.value, _comment(line)] for line in found]
    _patch(data={"lines": lines, "text": patch.text(found)}, key="tune_patch")
    if real.setup.is_local:
        st.html(tables.note("Lines for .env; they apply when the dashboard starts again."))


def patch_lines(
    real: Scenario, tried: Scenario, scaler: Scaler, namespace: str
) -> list[patch.Line]:
    """Return the lines of the patch for a scaler; ``patch.text`` of them is what Copy copies."""
    return patch.lines(real, tried, scaler.name or "worker", namespace, _trigger(scaler))


def _count(changed: int) -> str:
    if not changed:
        return ""
    return f"{formatting.pluralize(changed, 'value')} {'differs' if changed == 1 else 'differ'}"


def _comment(line: patch.Line) -> str:
    return f"  # was {line.was}" if line.was else ""


def _trigger(scaler: Scaler) -> int:
    """Return the index of the trigger that counts requests."""
    measures = [trigger.measure in ("requests", "waiting") for trigger in scaler.triggers]
    return measures.index(True) if True in measures else 0
