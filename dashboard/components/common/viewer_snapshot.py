"""The newest snapshot, as the viewer may see it."""

from dashboard import access, runtime
from dashboard.components.common.snapshot_cache import snapshot_cache
from dashboard.domain.hidden_prompts import hide_prompts
from dashboard.domain.snapshot import Snapshot


def newest() -> Snapshot:
    """Return the newest snapshot, without prompts that await approval unless to a presenter."""
    return shown(runtime.current().sampler.snapshot())


def shown(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot without prompts that await approval, unless to a presenter."""
    approvals = runtime.current().approvals
    if approvals is None or access.is_presenter():
        return snapshot
    hidden = approvals.hidden_jobs()
    if hidden is None:  # the marks were never read
        return _without(snapshot, None)
    affected = frozenset(view.job.id for view in snapshot.jobs if view.job.id in hidden)
    return _without(snapshot, affected) if affected else snapshot


@snapshot_cache
def _without(snapshot: Snapshot, hidden: frozenset[str] | None) -> Snapshot:
    """Hide the prompts of some jobs, or of all with None; one copy for all sessions."""
    return hide_prompts(snapshot, lambda job_id: hidden is None or job_id in hidden)
