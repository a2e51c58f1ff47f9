"""A release of the Helm chart in a test cluster."""

import os
from dataclasses import dataclass
from pathlib import Path

from tests.support.chart import helm
from tests.support.cluster.control_plane import ControlPlane

NAME = "live"


@dataclass(frozen=True)
class Release:
    """The chart's release in a namespace."""

    control_plane: ControlPlane
    chart: Path
    """With its dependencies."""
    namespace: str

    def upgrade(self, *arguments: str | Path) -> str:
        """Run `helm upgrade --install`."""
        return self._helm(
            "upgrade", NAME, self.chart, "--install", "--create-namespace", *arguments
        )

    def rollback(self) -> str:
        """Run `helm rollback` to the previous revision."""
        return self._helm("rollback", NAME)

    def uninstall(self) -> str:
        """Run `helm uninstall`, and wait until the objects are deleted."""
        return self._helm("uninstall", NAME, "--wait", "--ignore-not-found")

    def _helm(self, *arguments: str | Path) -> str:
        place = ("--namespace", self.namespace, "--kubeconfig", self.control_plane.kubeconfig)
        return helm(*arguments, *place, env=dict(os.environ)).stdout
