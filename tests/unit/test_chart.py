"""The Helm chart renders what the overlays of k8s/ render, and refuses wrong values."""

import json
import subprocess
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings
from tests.support.chart import (
    CHART,
    ROOT,
    VALUES_SETS,
    Manifest,
    helm,
    template,
    with_dependencies,
)
from tests.support.conditions import need_program
from tests.unit.test_manifests import (
    COMPONENTS,
    K8S,
    composed,
    environment,
    overlay,
    pods,
    rendered,
)

_HELMS_OWN_LABELS = {
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "helm.sh/chart",
}
_IN_CLUSTER = ("rabbitmq", "minio", "data-volume")
_SAME_MEANING: dict[str, tuple[tuple[str, ...], dict[str, Any]]] = {
    "defaults": ((*_IN_CLUSTER, "gpu", "scaledobject"), {}),
    "no workers": ((*_IN_CLUSTER, "gpu"), {"scaler.kind": "none"}),
    "Jobs on the CPU": (
        (*_IN_CLUSTER, "cpu", "scaledjob"),
        {"device": "cpu", "scaler.kind": "scaledjob"},
    ),
    "16 GB with a model image": (
        (*_IN_CLUSTER, "gpu-16gb", "model-image", "scaledobject"),
        {"gpu.class": "16gb", "model.image.enabled": True},
    ),
    "24 GB with a model volume and prefetch": (
        (*_IN_CLUSTER, "model-volume", "gpu-24gb", "prefetch", "scaledjob"),
        {
            "gpu.class": "24gb",
            "model.volume.enabled": True,
            "prefetch.enabled": True,
            "scaler.kind": "scaledjob",
        },
    ),
    "80 GB with a model volume": (
        (*_IN_CLUSTER, "model-volume", "gpu-80gb", "scaledobject"),
        {"gpu.class": "80gb", "model.volume.enabled": True},
    ),
    "nothing on volumes": (
        ("rabbitmq", "external-s3", "cpu", "scaledobject"),
        {
            "device": "cpu",
            "minio.enabled": False,
            "s3.endpoint": "s3.eu-central-1.amazonaws.com",
            "s3.region": "eu-central-1",
            "dashboard.volume.enabled": False,
        },
    ),
    "a public page": (
        (
            *(*_IN_CLUSTER, "gpu", "ingress", "login", "network-policies", "monitoring", "chaos"),
            "scaledobject",
        ),
        {
            "ingress.enabled": True,
            "login.enabled": True,
            "networkPolicies.enabled": True,
            "monitoring.enabled": True,
            "chaos.enabled": True,
        },
    ),
    "OpenShift": (
        (*_IN_CLUSTER, "gpu", "prefetch", "openshift", "scaledobject"),
        {"prefetch.enabled": True, "openshift": True},
    ),
}
"""Components of kustomize, and the values that mean the same."""


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_dependencies(tmp_path_factory.mktemp("chart"))


@pytest.mark.parametrize(("components", "values"), _SAME_MEANING.values(), ids=_SAME_MEANING)
def test_chart_renders_the_objects_of_the_overlays(
    chart: Path, tmp_path: Path, components: tuple[str, ...], values: dict[str, Any]
) -> None:
    """Whoever installs by Helm gets what kustomize applies: every field of every object."""
    expected = _comparable(composed(tmp_path, *components))
    rendered = _comparable(_rendered(chart, values))
    assert sorted(rendered) == sorted(expected)
    for name, manifest in expected.items():
        assert _by_name(rendered[name]) == _by_name(manifest), name


def test_every_component_has_an_option_of_the_chart() -> None:
    """A new component of k8s/ needs its values: this fails until one set above names it."""
    compared = {name for components, _ in _SAME_MEANING.values() for name in components}
    assert set(COMPONENTS) == compared | {"trigger"}


def test_overlays_of_a_cloud_have_values_of_the_same_meaning(chart: Path) -> None:
    """Variables and network policies of the overlay for GKE are two values."""
    values = {"networkPolicies.enabled": True}
    env = [{"name": "LD_LIBRARY_PATH", "value": "/usr/local/nvidia/lib64"}]
    rendered = _rendered(chart, values | {"worker.env": env})
    assert _comparable(rendered) == _comparable(overlay("gke/scaledobject"))


_ELSEWHERE = {"minio.enabled": False, "networkPolicies.enabled": True}


@pytest.mark.parametrize(
    ("values", "port"),
    [
        ({"s3.endpoint": "store.example.org:9000"}, 9000),
        ({"s3.endpoint": "store.example.org", "s3.secure": False}, 80),
        ({"s3.endpoint": "a.example.org", "settings.MINIO_ENDPOINT": "b.example.org:9443"}, 9443),
        ({"s3.endpoint": "store.example.org", "networkPolicies.workerPorts": [5672]}, 5672),
    ],
)
def test_workers_may_connect_to_the_ports_of_the_values(
    chart: Path, values: dict[str, Any], port: int
) -> None:
    """A store is reached on the port of its endpoint, and what is in a Secret on listed ports."""
    usual = _egress(chart, _ELSEWHERE | {"s3.endpoint": "store.example.org"})
    assert {"ports": [{"port": 443}]} in usual
    added = [each for each in _egress(chart, _ELSEWHERE | values) if each not in usual]
    assert added == [{"ports": [{"port": port}]}]


def _egress(chart: Path, values: dict[str, Any]) -> list[Any]:
    policy = _comparable(_rendered(chart, values))["NetworkPolicy/worker"]
    return policy["spec"]["egress"]


def test_grace_period_leaves_the_pod_time_to_end(chart: Path) -> None:
    """The worker's grace period is set, and its pod is killed later."""
    rendered = _rendered(chart, {"worker.gracePeriod": 600})
    (worker,) = [
        each
        for each in rendered
        if (each["kind"], each["metadata"]["name"]) == ("Deployment", "worker")
    ]
    pod = worker["spec"]["template"]["spec"]
    (variable,) = [each for each in pod["containers"][0]["env"] if each["name"] == "GRACE_PERIOD"]
    assert variable["value"] == "600"
    assert pod["terminationGracePeriodSeconds"] == 630


_CRON = {
    "type": "cron",
    "metadata": {
        "timezone": "Europe/Berlin",
        "start": "0 9 * * 1-5",
        "end": "0 18 * * 1-5",
        "desiredReplicas": "1",
    },
}
_ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/live"}


@pytest.mark.parametrize(
    ("scaler", "workers", "pod"),
    [
        ("scaledobject", "Deployment", "/spec/template/spec"),
        ("scaledjob", "ScaledJob", "/spec/jobTargetRef/template/spec"),
    ],
)
def test_patches_that_pages_show_have_values_of_the_same_meaning(
    chart: Path, tmp_path: Path, scaler: str, workers: str, pod: str
) -> None:
    """Where an overlay needs a patch, the chart has a value: the objects are the same."""
    expected = _patched(
        tmp_path,
        ("minio", "data-volume", "gpu", scaler),
        (workers, "worker", f"{pod}/runtimeClassName", "nvidia"),
        (workers, "worker", f"{pod}/priorityClassName", "workers"),
        ("ScaledObject|ScaledJob", "worker", "/spec/triggers/0/metadata/vhostName", "live"),
        ("ScaledObject|ScaledJob", "worker", "/spec/triggers/-", _CRON),
        ("ServiceAccount", "dashboard|worker", "/metadata/annotations", _ROLE),
    )
    values = {
        "scaler.kind": scaler,
        "scaler.extraTriggers": [_CRON],
        "worker.runtimeClassName": "nvidia",
        "worker.priorityClassName": "workers",
        "rabbitmq": {"enabled": False, "vhost": "live"},
        "serviceAccounts.dashboard.annotations": _ROLE,
        "serviceAccounts.worker.annotations": _ROLE,
    }
    assert _comparable(_rendered(chart, values)) == _comparable(expected)


def _patched(
    folder: Path, components: tuple[str, ...], *additions: tuple[str, str, str, Any]
) -> tuple[Manifest, ...]:
    """Render components with additions: kind, name, path and value of each."""
    patches = [
        {
            "target": {"kind": kind, "name": name},
            "patch": json.dumps([{"op": "add", "path": path, "value": value}]),
        }
        for kind, name, path, value in additions
    ]
    unpatched, patched = folder / "unpatched", folder / "patched"
    unpatched.mkdir()
    composed(unpatched, *components)
    patched.mkdir()
    kustomization = {"resources": ["../unpatched"], "patches": patches}
    (patched / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return rendered(patched)


def test_pods_of_the_defaults_are_those_of_the_overlay_to_the_letter(chart: Path) -> None:
    """In the same order, too: else Helm would restart the pods of an installation by kustomize."""
    expected, rendered = pods(overlay("gpu/scaledobject")), pods(_rendered(chart, {}))
    for name in ("Deployment/dashboard", "Deployment/worker"):
        assert rendered[name] == expected[name]


def test_files_are_those_of_the_overlays() -> None:
    """Rights, policies, configuration, alerts and the dashboard for Grafana are the same bytes."""
    copied = [path for path in CHART.glob("files/*/*") if path.is_file()]
    assert len(copied) >= 7
    for path in copied:
        source = K8S / "components" / path.relative_to(CHART / "files")
        assert path.read_bytes() == source.read_bytes(), "make chart copies them"


def _rendered(chart: Path, values: dict[str, Any]) -> tuple[Manifest, ...]:
    """Render with values by their paths, as JSON, which keeps their types."""
    return template(
        chart,
        *(word for path, value in values.items() for word in _set(path, value)),
    )


def _set(path: str, value: Any) -> tuple[str, str]:
    return "--set-json", f"{path}={json.dumps(value)}"


def _comparable(manifests: tuple[Manifest, ...]) -> dict[str, Manifest]:
    """Return the objects by kind and name, without what only one of the two tools needs.

    Kustomize creates the namespace, and carries the pod of the workers in a PodTemplate. Helm adds
    labels, and keeps some objects. The Job of the chart has a name by its content instead of times
    after which it ends and is deleted.
    """
    found = {}
    for manifest in map(deepcopy, manifests):
        kind, metadata = manifest["kind"], manifest["metadata"]
        if kind in ("Namespace", "PodTemplate"):
            continue
        for label in _HELMS_OWN_LABELS:
            metadata["labels"].pop(label, None)
        metadata.get("annotations", {}).pop("helm.sh/resource-policy", None)
        if not metadata.get("annotations"):
            metadata.pop("annotations", None)
        if kind == "Job":
            metadata["name"] = metadata["name"].split("-")[0]
            for limit in ("activeDeadlineSeconds", "ttlSecondsAfterFinished"):
                manifest["spec"].pop(limit, None)
        found[f"{kind}/{metadata['name']}"] = manifest
    return found


def _by_name(value: Any) -> Any:
    """Sort lists of named objects: a patch of kustomize moves what it changes to the beginning."""
    if isinstance(value, dict):
        return {key: _by_name(inner) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    inner = [_by_name(each) for each in value]
    if all(isinstance(each, dict) and "name" in each for each in inner):
        return sorted(inner, key=lambda each: each["name"])
    return inner


@pytest.mark.parametrize("name", VALUES_SETS)
def test_values_sets_render_without_a_complaint(chart: Path, name: str) -> None:
    """Each set of ci/ passes `helm lint --strict`."""
    helm("lint", "--strict", chart, "--values", VALUES_SETS[name])


def test_published_page_has_its_host_path_and_certificate(chart: Path) -> None:
    """One address names host, path and TLS of the ingress, and is what the dashboard shows."""
    values = {
        "publicUrl": "https://live.example.org/live/",
        "ingress.enabled": True,
        "ingress.tlsSecret": "certificate",
        "gateway.enabled": True,
        "gateway.parentRefs": [{"name": "public"}],
    }
    objects = _comparable(_rendered(chart, values))
    ingress = objects["Ingress/dashboard"]["spec"]
    assert ingress["tls"] == [{"hosts": ["live.example.org"], "secretName": "certificate"}]
    assert ingress["rules"][0]["host"] == "live.example.org"
    assert ingress["rules"][0]["http"]["paths"][0]["path"] == "/live"
    route = objects["HTTPRoute/dashboard"]["spec"]
    assert route["hostnames"] == ["live.example.org"]
    assert route["rules"][0]["matches"] == [{"path": {"type": "PathPrefix", "value": "/live"}}]
    [shared] = [each["data"] for name, each in objects.items() if "/settings-" in name]
    assert (shared["PUBLIC_URL"], shared["BASE_PATH"]) == (values["publicUrl"], "/live")


def test_mig_device_is_requested_and_selected_by_its_own_memory(chart: Path) -> None:
    """A class with a MIG profile asks for the profile, on nodes whose profile has that memory."""
    values = {"gpu.class": "24gb", "gpu.resource": "nvidia.com/mig-3g.40gb"}
    pod = pods(_rendered(chart, values))["Deployment/worker"]
    for amounts in pod["containers"][0]["resources"].values():
        assert amounts["nvidia.com/mig-3g.40gb"] == 1
        assert "nvidia.com/gpu" not in amounts
    affinity = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    [term] = affinity["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["key"] == "nvidia.com/mig-3g.40gb.memory"


def test_amd_workers_request_amd_gpus(chart: Path) -> None:
    """The vendor changes resource and toleration; PyTorch calls the device cuda on both."""
    values = {"device": "amd", "images.worker.tag": "rocm"}
    pod = pods(_rendered(chart, values))["Deployment/worker"]
    assert pod["containers"][0]["resources"]["limits"]["amd.com/gpu"] == 1
    assert [each["key"] for each in pod["tolerations"]] == ["amd.com/gpu"]
    assert environment(pod)["DEVICE"] == "cuda"


@pytest.mark.parametrize(("device", "suffix"), [("nvidia", ""), ("cpu", "-cpu")])
def test_worker_has_the_image_of_its_device(chart: Path, device: str, suffix: str) -> None:
    """On the CPU the image without CUDA is pulled, which is gigabytes smaller."""
    version = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
    pod = pods(_rendered(chart, {"device": device}))["Deployment/worker"]
    assert pod["containers"][0]["image"].endswith(f"-worker:{version}{suffix}")


def test_changed_settings_restart_the_pods_that_read_them(chart: Path) -> None:
    """Dashboard and workers refer to the ConfigMap by a name that changes with its content."""
    first, second = (
        _rendered(chart, {"settings.DTYPE": value}) for value in ("float16", "float32")
    )
    for name in ("Deployment/dashboard", "Deployment/worker"):
        references = [
            pods(manifests)[name]["containers"][0]["envFrom"][0]["configMapRef"]["name"]
            for manifests in (first, second)
        ]
        assert references[0] != references[1]
        assert f"ConfigMap/{references[0]}" in _comparable(first)


def test_changed_job_has_another_name(chart: Path) -> None:
    """An upgrade replaces the Job: the API server refuses a changed pod of an existing one."""
    first, second = (_rendered(chart, {"images.dashboard.tag": tag}) for tag in ("one", "other"))
    names = [
        [each["metadata"]["name"] for each in manifests if each["kind"] == "Job"]
        for manifests in (first, second)
    ]
    assert names[0] != names[1]


def test_volumes_outlive_the_release(chart: Path) -> None:
    """`helm uninstall` keeps every claim that Helm made."""
    rendered = _rendered(chart, {"model.volume.enabled": True})
    claims = [each for each in rendered if each["kind"] == "PersistentVolumeClaim"]
    assert {each["metadata"]["name"] for each in claims} == {"dashboard", "models"}
    for claim in claims:
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_workers_have_no_fixed_number(chart: Path) -> None:
    """An upgrade leaves the replicas that KEDA has set."""
    assert "replicas" not in _comparable(_rendered(chart, {}))["Deployment/worker"]["spec"]


def test_two_releases_share_no_object_of_the_cluster(chart: Path) -> None:
    """Objects without a namespace have it in their names, so each namespace may have a release."""
    rendered = template(chart, "--namespace", "elsewhere", "--set", "chaos.enabled=true")
    for manifest in rendered:
        if manifest["kind"].startswith("Cluster"):
            assert manifest["metadata"]["name"].startswith("elsewhere-")
        else:
            assert manifest["metadata"]["namespace"] == "elsewhere"


def test_keda_is_installed_on_request_only(chart: Path) -> None:
    """The dependency is off by default, and one value turns it on."""
    assert "ConfigMap/keda-operator" not in _names(_rendered(chart, {}))
    assert "ConfigMap/keda-operator" in _names(_rendered(chart, {"keda.enabled": True}))


def _names(manifests: tuple[Manifest, ...]) -> set[str]:
    return {f"{each['kind']}/{each['metadata']['name']}" for each in manifests}


_AMD = "device=amd,images.worker.tag=rocm"
_REFUSED = {
    # by values.schema.json
    "scaler.kind=cron": "scaler/kind",
    "scaler.maxReplica=3": "maxReplica",
    "scaler.extraTriggers[0].type=cron": "missing property 'metadata'",
    "device=tpu": "device",
    "gpu.class=48gb": "gpu/class",
    "publicUrl=live.example.org": "publicUrl",
    "gateway.enabled=true": "gateway/parentRefs",
    "networkPolicies.workerPorts[0]=amqps": "networkPolicies/workerPorts/0",
    "settings.STEPS=4": "settings/STEPS",
    "rabbitmq.volume.size=large": "rabbitmq/volume/size",
    "images.worker.repository=ghcr.io/me/worker:1.0": "images/worker/repository",
    "worker.env[0].name=KEY,worker.env[0].valueFrom=text": "worker/env/0/valueFrom",
    # by templates/_validate.tpl
    "scaler.minReplicas=9": "scaler.minReplicas is above scaler.maxReplicas",
    "device=amd": "device=amd needs a worker with PyTorch for ROCm",
    "device=cpu,gpu.class=24gb": "gpu.class selects nodes by labels of NVIDIA GPUs",
    f"{_AMD},gpu.class=24gb": "gpu.class selects nodes by labels of NVIDIA GPUs",
    "device=cpu,gpu.resource=nvidia.com/gpu": "does not belong to device=cpu",
    f"{_AMD},gpu.resource=nvidia.com/gpu": "does not belong to device=amd",
    "gpu.resource=amd.com/gpu": "does not belong to device=nvidia",
    "device=cpu,prefetch.enabled=true": "prefetch.enabled is for GPU nodes",
    "openshift=true,model.image.enabled=true": "model.image.enabled needs an image volume",
    "minio.enabled=false": "s3.endpoint is empty",
    "s3.endpoint=s3.example.org": "s3.endpoint names a store",
    "rabbitmq.vhost=live": "rabbitmq.vhost is for a RabbitMQ elsewhere",
    "ingress.enabled=true,ingress.tlsSecret=certificate": "publicUrl is empty",
    "keda.enabled=true,networkPolicies.enabled=true": "networkPolicies.enabled would close KEDA",
    "model.id=a/b,settings.MODEL_ID=c/d": "model.id and settings.MODEL_ID",
    "settings.GRACE_PERIOD=a": "settings has GRACE_PERIOD",
    "worker.env[0].name=DEVICE,worker.env[0].value=cuda": "worker.env has DEVICE",
    "publicUrl=https://a.example,settings.PUBLIC_URL=text": "publicUrl sets PUBLIC_URL",
    "publicUrl=https://a.example/live,settings.BASE_PATH=/other": "publicUrl sets BASE_PATH",
} | {
    f"settings.{name.upper()}=text": f"settings.{name.upper()} is a secret"
    for name, field in Settings.model_fields.items()
    if "SecretStr" in repr(field.annotation)
}
"""Values, and a part of the sentence that refuses them."""


@pytest.mark.parametrize(("values", "message"), _REFUSED.items(), ids=_REFUSED)
def test_wrong_values_are_refused_by_name(chart: Path, values: str, message: str) -> None:
    """A misspelt, missing or contradictory value stops the installation; the error names it."""
    answer = helm("template", "live", chart, "--set", values, check=False)
    assert answer.returncode
    assert message in answer.stderr, answer.stderr


def test_all_broken_rules_are_reported_together(chart: Path) -> None:
    """Who has made two mistakes reads two sentences, not one after the other."""
    values = "scaler.minReplicas=9,s3.endpoint=s3.example.org"
    answer = helm("template", "live", chart, "--set", values, check=False)
    assert "scaler.minReplicas is above" in answer.stderr
    assert "s3.endpoint names a store" in answer.stderr


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ("device=nvidia", "published nowhere"),
        ("device=nvidia", "allocatable.nvidia\\.com/gpu"),
        ("ingress.enabled=true", "every visitor may submit, and delete pictures"),
        ("ingress.enabled=true", "kubectl -n live get ingress dashboard"),
        ("rabbitmq.enabled=false", "kubectl -n live create secret generic rabbitmq"),
        ("rabbitmq.enabled=false,networkPolicies.enabled=true", "networkPolicies.workerPorts"),
        ("minio.enabled=false,s3.endpoint=s3.example.org", "create secret generic minio"),
    ],
)
def test_helm_prints_what_is_left_to_do(chart: Path, values: str, sentence: str) -> None:
    """Helm names what an installation still needs; with the opposite values it does not."""
    opposite = (
        "device=cpu,images.dashboard.repository=live/dashboard,images.worker.repository=live/worker"
    )
    assert sentence in _notes(chart, values)
    assert sentence not in _notes(chart, opposite)


def _notes(chart: Path, values: str) -> str:
    install = ("install", "live", chart, "--namespace", "live", "--dry-run=client")
    return helm(*install, "--set", values).stdout.partition("NOTES:")[2]


def test_schema_knows_exactly_the_values() -> None:
    """Every value of values.yaml is in the schema, and every one of the schema has a default."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    described = set(_paths_of_schema(schema, schema)) - {"global"}
    assert described == set(_paths_of_values(values, described))


def _paths_of_schema(schema: Manifest, root: Manifest, path: str = "") -> list[str]:
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if path.endswith("resources") or "properties" not in schema:
        return [path]
    return [
        found
        for name, inner in schema["properties"].items()
        for found in _paths_of_schema(inner, root, f"{path}.{name}".lstrip("."))
    ]


def _paths_of_values(values: Any, leaves: set[str], path: str = "") -> list[str]:
    if path in leaves or not isinstance(values, dict):
        return [path]
    return [
        found
        for name, inner in values.items()
        for found in _paths_of_values(inner, leaves, f"{path}.{name}".lstrip("."))
    ]


def test_readme_has_the_table_of_values() -> None:
    """README.md of the chart is what helm-docs makes of values.yaml."""
    program = need_program("helm-docs", "https://github.com/norwoodj/helm-docs; .ci/run builds it")
    command = [program, "--chart-search-root", CHART, "--dry-run"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == (CHART / "README.md").read_text().strip(), "make chart"
