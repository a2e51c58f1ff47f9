"""The Helm chart with what the tests add: a stand-in for KEDA's chart, and the present images."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from tests.support.conditions import need_program

ROOT = Path(__file__).parents[2]
CHART = ROOT / "charts" / "stable-diffusion-live"
NAMESPACE = "stable-diffusion"
VALUES_SETS = {path.name.removesuffix("-values.yaml"): path for path in CHART.glob("ci/*.yaml")}

Manifest = dict[str, Any]


def helm(*arguments: str | Path, check: bool = True, **options: Any) -> subprocess.CompletedProcess:
    """Run Helm; fail the test with its message."""
    program = need_program("helm", "https://helm.sh, version 4; .ci/run builds it")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, **options)
    assert not check or done.returncode == 0, done.stderr
    return done


def with_dependencies(folder: Path) -> Path:
    """Copy the chart, and put a stand-in where `helm dependency build` downloads KEDA's chart.

    Helm refuses a chart whose dependencies are missing, also those that are not enabled.
    """
    copy = shutil.copytree(CHART, folder / CHART.name)
    [keda] = yaml.safe_load((CHART / "Chart.yaml").read_text())["dependencies"]
    stand_in = copy / "charts" / "keda"
    (stand_in / "templates").mkdir(parents=True)
    about = {"apiVersion": "v2", "name": "keda", "version": keda["version"]}
    (stand_in / "Chart.yaml").write_text(yaml.safe_dump(about))
    operator = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "keda-operator"}}
    (stand_in / "templates" / "operator.yaml").write_text(yaml.safe_dump(operator))
    return copy


def template(chart: Path, *arguments: str | Path) -> tuple[Manifest, ...]:
    """Render the chart's objects."""
    place = ("--namespace", NAMESPACE)
    answer = helm("template", "live", chart, *place, *arguments)
    assert not answer.stderr, answer.stderr
    return tuple(each for each in yaml.safe_load_all(answer.stdout) if each)
