"""The manifests, as `kubectl apply -k` would send them."""

import base64
import itertools
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml

from core.settings import Settings
from tests.support.conditions import need_program
from wire.messages import names

K8S = Path(__file__).parents[2] / "k8s"
PLACES = sorted(path.name for path in (K8S / "overlays").iterdir())
PARTS = ("app", "scaledobject", "scaledjob")
OVERLAYS = [f"{place}/{part}" for place, part in itertools.product(PLACES, PARTS)]
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())

_BESIDE_EACH_OTHER = [name for name in COMPONENTS if name not in ("cpu", "minio", "scaledjob")]
"""All components that one overlay can hold: of two that exclude each other, one."""

Manifest = dict
Pod = dict


@cache
def rendered(folder: Path) -> tuple[Manifest, ...]:
    """Render an overlay, once for all tests."""
    kubectl = need_program("kubectl", "https://kubernetes.io/docs/tasks/tools, 1.32 or newer")
    answer = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert not answer.stderr, "kustomize warns of what it will no longer take"
    return tuple(yaml.safe_load_all(answer.stdout))


def overlay(name: str) -> tuple[Manifest, ...]:
    return rendered(K8S / "overlays" / name)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, ...]:
    """Render every component that can stand beside the others."""
    folder = tmp_path_factory.mktemp("overlay")
    here = Path(*[".."] * len(folder.resolve().relative_to("/").parts), *K8S.parts[1:])
    # The scaler copies the worker's pod, so it comes after what changes that; settings last.
    order = sorted(_BESIDE_EACH_OTHER, key=lambda name: name in ("scaledobject", "trigger"))
    kustomization = {
        "resources": [str(here / "base")],
        "components": [str(here / "components" / name) for name in order if name != "trigger"]
        + [str(here / "settings")],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return rendered(folder)


def one(manifests: tuple[Manifest, ...], kind: str, name: str) -> Manifest:
    found = [each for each in manifests if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1, f"{kind} {name}"
    return found[0]


def kinds(manifests: tuple[Manifest, ...], name: str) -> set[str]:
    return {each["kind"] for each in manifests if each["metadata"]["name"] == name}


def pods(manifests: tuple[Manifest, ...]) -> dict[str, Pod]:
    """Return the spec of every pod that the manifests may start, by its kind and name."""
    found = {}
    for each in manifests:
        spec = each.get("spec", {})
        template = each.get("template") or spec.get("template")
        template = template or spec.get("jobTargetRef", {}).get("template")
        if template:
            found[f"{each['kind']}/{each['metadata']['name']}"] = template["spec"]
    return found


def containers(pod: Pod) -> list[dict]:
    return pod.get("initContainers", []) + pod["containers"]


def environment(pod: Pod) -> dict[str, str | None]:
    """Return the variables that are spelled out; None for those taken from somewhere."""
    return {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}


def settings_of(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    return next(
        each["data"]
        for each in manifests
        if each["kind"] == "ConfigMap" and each["metadata"]["name"].startswith("settings-")
    )


def worker(name: str) -> Pod:
    """Return the pod of an overlay's workers."""
    place, part = name.split("/")
    kind = {"app": "PodTemplate", "scaledobject": "Deployment", "scaledjob": "ScaledJob"}[part]
    return pods(overlay(f"{place}/{part}"))[f"{kind}/worker"]


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_overlay_renders(name: str) -> None:
    """Each overlay builds without a warning, and puts all into one namespace."""
    manifests = overlay(name)
    namespace = one(manifests, "Namespace", "stable-diffusion")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    elsewhere = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    assert {
        each["metadata"]["namespace"] for each in manifests if each["kind"] not in elsewhere
    } == {"stable-diffusion"}
    assert all(
        each["metadata"]["labels"]["app.kubernetes.io/part-of"] == "stable-diffusion"
        for each in manifests
    )


def test_another_namespace_is_one_line_of_the_settings(tmp_path: Path) -> None:
    """A namespace of one's own reaches every object, and whom the rights are given to."""
    copy = shutil.copytree(K8S, tmp_path / "k8s")
    settings = copy / "settings" / "kustomization.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("namespace: stable-diffusion", "namespace: elsewhere"))
    manifests = rendered(copy / "overlays" / "gke" / "scaledobject")
    one(manifests, "Namespace", "elsewhere")
    assert {each["metadata"].get("namespace", "elsewhere") for each in manifests} == {"elsewhere"}
    bindings = [each for each in manifests if each["kind"].endswith("Binding")]
    subjects = [subject for each in bindings for subject in each["subjects"]]
    assert [subject["namespace"] for subject in subjects] == ["elsewhere", "elsewhere"]


def every_pod(everything: tuple[Manifest, ...]) -> dict[str, Pod]:
    found = {f"everything {name}": pod for name, pod in pods(everything).items()}
    for name in OVERLAYS:
        found |= {f"{name} {of}": pod for of, pod in pods(overlay(name)).items()}
    return found


def test_no_container_may_do_more_than_it_must(everything: tuple[Manifest, ...]) -> None:
    """All containers are non-root, read-only, without capabilities, with requests and limits."""
    for name, pod in every_pod(everything).items():
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["runAsUser"] > 0, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), name
        assert not any("hostPath" in volume for volume in pod.get("volumes", [])), name
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, name
            assert container["resources"]["limits"].keys() >= {"cpu", "memory"}, name


def test_only_the_dashboard_may_ask_the_cluster(everything: tuple[Manifest, ...]) -> None:
    """No other pod gets a token of the API server."""
    with_token = {
        name.split()[-1]
        for name, pod in every_pod(everything).items()
        if pod.get("automountServiceAccountToken") is not False
    }
    assert with_token == {"Deployment/dashboard"}


def test_everything_that_runs_is_probed(everything: tuple[Manifest, ...]) -> None:
    """Each lasting container has all three probes, but for the one that does nothing."""
    for name, pod in every_pod(everything).items():
        if name.endswith("/prefetch"):
            continue
        probes = {"startupProbe", "livenessProbe", "readinessProbe"}
        assert all(each.keys() >= probes for each in pod["containers"]), name


def test_probes_ask_what_the_processes_answer() -> None:
    """The dashboard is ready when queue and store answer, a worker when its model is loaded."""
    dashboard = pods(overlay("cpu/app"))["Deployment/dashboard"]["containers"][0]
    assert dashboard["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert dashboard["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert dashboard["ports"] == [{"name": "http", "containerPort": Settings().port}]
    pod = worker("cpu/scaledobject")
    assert pod["containers"][0]["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    port = int(environment(pod)["WORKER_PORT"])
    assert pod["containers"][0]["ports"] == [{"name": "http", "containerPort": port}]


def test_settings_are_those_of_the_code(everything: tuple[Manifest, ...]) -> None:
    """Every variable that reaches our processes is a setting, and its value is a valid one."""
    known = {name.upper() for name in Settings.model_fields}
    theirs = {"OMP_NUM_THREADS", "LD_LIBRARY_PATH"}
    for manifests in (everything, *map(overlay, OVERLAYS)):
        shared = settings_of(manifests)
        assert shared.keys() <= known
        ours = [of for of in pods(manifests) if of.endswith(("/worker", "/dashboard"))]
        for pod in map(pods(manifests).get, ours):
            assert environment(pod).keys() <= known | theirs
            own = {name: value for name, value in environment(pod).items() if value}
            keys = {"MINIO_ACCESS_KEY": "key", "MINIO_SECRET_KEY": "key"}
            values = {name.lower(): value for name, value in (shared | own | keys).items()}
            Settings(_env_file=None, **values)


def test_names_are_those_of_the_wire() -> None:
    """KEDA counts the queue that jobs are put on; the store is where both sides look."""
    for part, kind in (("scaledobject", "ScaledObject"), ("scaledjob", "ScaledJob")):
        trigger = one(overlay(f"cpu/{part}"), kind, "worker")["spec"]["triggers"][0]
        assert trigger["metadata"]["queueName"] == names.QUEUE
    shared = settings_of(overlay("cpu/app"))
    host, port = shared["MINIO_ENDPOINT"].split(":")
    service = one(overlay("cpu/app"), "Service", host)
    assert int(port) in [each["port"] for each in service["spec"]["ports"]]
    assert "MINIO_BUCKET" not in shared


def test_services_lead_to_ports_that_are_open(everything: tuple[Manifest, ...]) -> None:
    """Every Service, policy and monitor names a port that its pods have."""
    open_ports = {
        of.split("/")[1]: {
            port["name"] for each in containers(pod) for port in each.get("ports", [])
        }
        for of, pod in pods(everything).items()
    }
    for service in (each for each in everything if each["kind"] == "Service"):
        of = service["spec"]["selector"]["app.kubernetes.io/name"]
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= open_ports[of]
    for monitor in (each for each in everything if each["kind"] == "PodMonitor"):
        of = monitor["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"]
        assert {each["port"] for each in monitor["spec"]["podMetricsEndpoints"]} <= open_ports[of]


def test_a_gpu_changes_the_device_and_what_it_asks_for() -> None:
    """The overlays for CPU and GPU are the same but for device, threads, resources, taint."""
    cpu, gpu = worker("cpu/scaledobject"), worker("gpu/scaledobject")
    assert environment(gpu)["DEVICE"] == "cuda"
    assert environment(cpu)["DEVICE"] == "cpu"
    threads = int(environment(cpu)["OMP_NUM_THREADS"])
    assert threads == int(cpu["containers"][0]["resources"]["limits"]["cpu"])
    for resources in (gpu["containers"][0]["resources"],):
        assert resources["requests"]["nvidia.com/gpu"] == 1
        assert resources["limits"]["nvidia.com/gpu"] == 1
    assert gpu["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
    ]
    assert without_device(cpu) == without_device(gpu)
    others = [
        [each for each in overlay(f"{place}/app") if each["kind"] != "PodTemplate"]
        for place in ("cpu", "gpu")
    ]
    assert others[0] == others[1]


def without_device(pod: Pod) -> Pod:
    container = {
        key: pod["containers"][0][key] for key in pod["containers"][0] if key != "resources"
    }
    container["env"] = [
        each for each in container["env"] if each["name"] not in ("DEVICE", "OMP_NUM_THREADS")
    ]
    return {key: pod[key] for key in pod if key != "tolerations"} | {"containers": [container]}


@pytest.mark.parametrize("place", PLACES)
def test_both_scalers_start_the_same_pod(place: str) -> None:
    """A worker of a ScaledJob is that of the Deployment, but that it ends after one job."""
    lasting, single = worker(f"{place}/scaledobject"), worker(f"{place}/scaledjob")
    assert single["restartPolicy"] == "Never"
    env = single["containers"][0]["env"]
    assert {"name": "EXIT_AFTER_ONE_TASK", "value": "1"} in env
    same = {key: single[key] for key in single if key != "restartPolicy"}
    same["containers"] = [
        single["containers"][0]
        | {"env": [each for each in env if each["name"] != "EXIT_AFTER_ONE_TASK"]}
    ]
    assert same == lasting
    assert lasting == worker(f"{place}/app")


@pytest.mark.parametrize("place", PLACES)
def test_one_scaler_is_chosen(place: str) -> None:
    """An overlay has no scaler, or a ScaledObject with its Deployment, or a ScaledJob."""
    scalers = {"Deployment", "ScaledObject", "ScaledJob"}
    assert not kinds(overlay(f"{place}/app"), "worker") & scalers
    assert kinds(overlay(f"{place}/scaledobject"), "worker") & scalers == scalers - {"ScaledJob"}
    assert kinds(overlay(f"{place}/scaledjob"), "worker") & scalers == {"ScaledJob"}


def test_scaling_is_as_documented() -> None:
    """From zero to eight workers, one job each, counting jobs that are being painted."""
    lasting = one(overlay("gpu/scaledobject"), "ScaledObject", "worker")["spec"]
    single = one(overlay("gpu/scaledjob"), "ScaledJob", "worker")["spec"]
    for spec in (lasting, single):
        assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (0, 8)
        assert spec["pollingInterval"] == 5
        trigger = spec["triggers"][0]
        assert trigger["authenticationRef"] == {"name": "rabbitmq"}
        assert trigger["metadata"] == {
            "protocol": "http",
            "queueName": names.QUEUE,
            "mode": "QueueLength",
            "value": "1",
            "activationValue": "0",
        }
    assert lasting["cooldownPeriod"] == 150
    assert "scalingStrategy" not in single, "KEDA 2.20 refuses `default` by name"
    deployment = one(overlay("gpu/scaledobject"), "Deployment", "worker")["spec"]
    assert "replicas" not in deployment, "the number is KEDA's"


def test_a_worker_has_time_to_give_its_job_back() -> None:
    """Kubernetes kills a worker only after its own grace period is over."""
    pod = worker("gpu/scaledobject")
    assert float(environment(pod)["GRACE_PERIOD"]) < pod["terminationGracePeriodSeconds"]


def test_images_are_pinned(everything: tuple[Manifest, ...]) -> None:
    """Every image has a tag that is not `latest`, and stands in the settings."""
    chosen = yaml.safe_load((K8S / "settings" / "kustomization.yaml").read_text())["images"]
    allowed = {f"{each['newName']}:{each['newTag']}" for each in chosen}
    for name, pod in every_pod(everything).items():
        images = [each["image"] for each in containers(pod)]
        images += [each["image"]["reference"] for each in pod.get("volumes", []) if "image" in each]
        assert {image.partition("@")[0] for image in images} <= allowed, name
    assert not [tag for each in chosen if (tag := each["newTag"]) in ("latest", "")]


def test_no_manifest_holds_a_secret(everything: tuple[Manifest, ...]) -> None:
    """Credentials come from Secrets, which no file of ours holds."""
    for manifests in (everything, *map(overlay, OVERLAYS)):
        assert not [each for each in manifests if each["kind"] == "Secret"]
        for pod in pods(manifests).values():
            spelled = {name for each in containers(pod) for name in _values(each)}
            assert not [name for name in spelled if re.search("PASS|SECRET|KEY|URL", name)]


def _values(container: dict) -> list[str]:
    return [each["name"] for each in container.get("env", []) if "value" in each]


def test_secrets_that_are_read_are_made_by_deploy(everything: tuple[Manifest, ...]) -> None:
    """Each key that a pod or KEDA needs is one that `make deploy` writes."""
    made = secrets_of_deploy("k", "s")
    references = [
        each["valueFrom"]["secretKeyRef"]
        for pod in every_pod(everything).values()
        for container in containers(pod)
        for each in container.get("env", [])
        if "secretKeyRef" in each.get("valueFrom", {})
    ]
    references += one(everything, "TriggerAuthentication", "rabbitmq")["spec"]["secretTargetRef"]
    needed = {(each["name"], each["key"]) for each in references if not each.get("optional")}
    assert {name for name, _ in needed} == {"rabbitmq", "minio"}
    assert all(key in made[name] for name, key in needed)


def test_any_key_of_a_store_is_written_as_it_is() -> None:
    """Quotes, backslashes, colons and spaces in a key are part of it, and of nothing else."""
    access, secret = 'a"b\\c', "d: 'e' #f $HOME\n  name: g" + 60 * "h"
    made = secrets_of_deploy(access, secret)
    assert made["minio"] == {"access-key": access, "secret-key": secret}
    assert made["rabbitmq"]["password"] in made["rabbitmq"]["amqp-url"]


def secrets_of_deploy(access: str, secret: str) -> dict[str, dict[str, str]]:
    """Return what the script makes where nothing is yet: the data of each Secret, decoded."""
    script = f"""
        set -euo pipefail
        namespace=here
        note() {{ :; }}
        kube() {{ if [ "$1" = apply ]; then echo ---; cat; fi >&3; }}
        . {K8S}/scripts/credentials.sh
        rabbitmq_credentials
        store_credentials outside
    """
    env = {"PATH": os.environ["PATH"], "MINIO_ACCESS_KEY": access, "MINIO_SECRET_KEY": secret}
    command = ["bash", "-c", f"exec 3>&1\n{script}"]
    answer = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    made = [each for each in yaml.safe_load_all(answer.stdout) if each]
    return {
        each["metadata"]["name"]: {
            key: base64.b64decode(value).decode() for key, value in each["data"].items()
        }
        for each in made
    }


def test_the_dashboard_only_reads() -> None:
    """Its rights are to get, list and watch, and never a Secret."""
    roles = [each for each in overlay("gpu/app") if each["kind"] in ("Role", "ClusterRole")]
    rules = [rule for role in roles for rule in role["rules"]]
    assert rules
    for rule in rules:
        assert set(rule["verbs"]) <= {"get", "list", "watch"}
        assert not {"secrets", "configmaps", "*"} & set(rule["resources"])
        assert "*" not in rule["apiGroups"]
