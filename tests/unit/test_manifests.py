"""The manifests, as `kubectl apply -k` renders them."""

import itertools
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings
from tests.support.conditions import need_program
from tests.support.deploy_secrets import secrets_of_deploy, secrets_of_job
from tests.support.minio_server import POLICIES
from tests.support.rabbitmq_server import PERMISSIONS
from tests.unit.test_models_page import table_of_models
from wire.messages import names

K8S = Path(__file__).parents[2] / "k8s"
TARGETS = sorted(path.name for path in (K8S / "overlays").iterdir())
PARTS = ("app", "scaledobject", "scaledjob")
OVERLAYS = [f"{target}/{part}" for target, part in itertools.product(TARGETS, PARTS)]
COMPONENTS = sorted(path.name for path in (K8S / "components").iterdir())

GPU_SIZES = [name for name in COMPONENTS if re.fullmatch(r"gpu-\d+gb", name)]

_COMPATIBLE = [
    name
    for name in COMPONENTS
    if name not in ("cpu", "minio", "openshift", "scaledjob", *GPU_SIZES[1:])
]
"""All components that an overlay can combine: of two that exclude each other, only the first."""

_SECRET_KEYS = ("password", "secret-key")

Manifest = dict[str, Any]
Pod = dict[str, Any]


@cache
def rendered(folder: Path) -> tuple[Manifest, ...]:
    """Render an overlay, once for all tests."""
    kubectl = need_program("kubectl", "https://kubernetes.io/docs/tasks/tools, 1.32 or newer")
    answer = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert not answer.stderr, "kustomize warns of a deprecation"
    return tuple(yaml.safe_load_all(answer.stdout))


def overlay(name: str) -> tuple[Manifest, ...]:
    return rendered(K8S / "overlays" / name)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> tuple[Manifest, ...]:
    """Render all components that can be combined."""
    # The scaler copies the worker's pod, so it follows the components that patch it; sizes of GPUs
    # patch the volume of models.
    order = sorted(_COMPATIBLE, key=lambda name: ("scaledobject" in name, name in GPU_SIZES, name))
    order.remove("trigger")  # the scaler lists it
    return composed(tmp_path_factory.mktemp("overlay"), *order)


def composed(folder: Path, *components: str) -> tuple[Manifest, ...]:
    """Render the base with components, and the settings last."""
    here = Path(*[".."] * len(folder.resolve().relative_to("/").parts), *K8S.parts[1:])
    kustomization = {
        "resources": [str(here / "base")],
        "components": [str(here / "components" / name) for name in components]
        + [str(here / "settings")],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
    return rendered(folder)


def find(manifests: tuple[Manifest, ...], kind: str, name: str) -> Manifest:
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
    """Return the variables with their values; None for those from a reference."""
    return {each["name"]: each.get("value") for each in pod["containers"][0]["env"]}


def settings_of(manifests: tuple[Manifest, ...]) -> dict[str, str]:
    return next(
        each["data"]
        for each in manifests
        if each["kind"] == "ConfigMap" and each["metadata"]["name"].startswith("settings-")
    )


def worker(name: str) -> Pod:
    """Return the pod of an overlay's workers."""
    target, part = name.split("/")
    kind = {"app": "PodTemplate", "scaledobject": "Deployment", "scaledjob": "ScaledJob"}[part]
    return pods(overlay(f"{target}/{part}"))[f"{kind}/worker"]


@pytest.mark.parametrize("target", TARGETS)
def test_overlay_is_one_folder_to_apply(target: str) -> None:
    """`kubectl apply -k` of an overlay's folder deploys all of it, with workers that stay."""
    assert overlay(target) == overlay(f"{target}/scaledobject")


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_overlay_renders(name: str) -> None:
    """Each overlay renders without a warning, with all objects in one namespace."""
    manifests = overlay(name)
    namespace = find(manifests, "Namespace", "stable-diffusion")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    cluster_scoped = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    assert {
        each["metadata"]["namespace"] for each in manifests if each["kind"] not in cluster_scoped
    } == {"stable-diffusion"}
    assert all(
        each["metadata"]["labels"]["app.kubernetes.io/part-of"] == "stable-diffusion"
        for each in manifests
    )


def test_namespace_is_one_line_of_the_settings(tmp_path: Path) -> None:
    """A changed namespace reaches every object and the subjects of every binding."""
    copy = shutil.copytree(K8S, tmp_path / "k8s")
    settings = copy / "settings" / "kustomization.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("namespace: stable-diffusion", "namespace: elsewhere"))
    manifests = rendered(copy / "overlays" / "gke" / "scaledobject")
    find(manifests, "Namespace", "elsewhere")
    assert {each["metadata"].get("namespace", "elsewhere") for each in manifests} == {"elsewhere"}
    bindings = [each for each in manifests if each["kind"].endswith("Binding")]
    subjects = [subject for each in bindings for subject in each["subjects"]]
    assert {subject["namespace"] for subject in subjects} == {"elsewhere"}


def every_pod(everything: tuple[Manifest, ...]) -> dict[str, Pod]:
    found = {f"everything {name}": pod for name, pod in pods(everything).items()}
    for name in OVERLAYS:
        found |= {f"{name} {of}": pod for of, pod in pods(overlay(name)).items()}
    return found


def test_containers_have_least_privilege(everything: tuple[Manifest, ...]) -> None:
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


@pytest.mark.parametrize("scaler", ["scaledobject", "scaledjob"])
def test_openshift_chooses_the_ids_of_every_pod(scaler: str, tmp_path: Path) -> None:
    """restricted-v2 refuses fixed users and groups; what else restricts a pod stays."""
    parts = ("rabbitmq", "minio", "gpu", "model-volume", "prefetch", "openshift", scaler)
    for name, pod in pods(composed(tmp_path, *parts)).items():
        context = pod["securityContext"]
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & context.keys(), name
        assert context["runAsNonRoot"] is True, name
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert {*_volume_types(pod)} <= {
            "configMap",
            "emptyDir",
            "persistentVolumeClaim",
            "secret",
        }, name
        for container in containers(pod):
            assert "runAsUser" not in container["securityContext"], name


def _volume_types(pod: Pod) -> list[str]:
    return [kind for volume in pod.get("volumes", []) for kind in volume if kind != "name"]


@pytest.mark.parametrize("image", ["ui", "worker"])
def test_images_run_as_any_user(image: str) -> None:
    """A user that the image does not know has a home folder and a name, which libraries ask for."""
    assert "ENV HOME=/home/app USER=app" in (K8S.parent / f"Dockerfile.{image}").read_text()


@pytest.mark.parametrize("target", TARGETS)
def test_recordings_outlive_the_dashboard(target: str) -> None:
    """DATA_DIR is a volume of its own that the pod's group may write, used by one pod at a time."""
    manifests = overlay(f"{target}/app")
    deployment = find(manifests, "Deployment", "dashboard")["spec"]
    pod = deployment["template"]["spec"]
    assert (deployment["replicas"], deployment["strategy"]["type"]) == (1, "Recreate")
    assert data_volume(pod) == {
        "name": "data",
        "persistentVolumeClaim": {"claimName": "dashboard"},
    }
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
    claim = find(manifests, "PersistentVolumeClaim", "dashboard")["spec"]
    assert claim["accessModes"] == ["ReadWriteOnce"]
    assert "storageClassName" not in claim, "the cluster's default"


def test_cluster_without_a_storage_class_needs_no_volume(tmp_path: Path) -> None:
    """Without the component, and with broker and store elsewhere, nothing claims a volume."""
    manifests = composed(tmp_path, "external-s3", "cpu", "scaledobject")
    assert "emptyDir" in data_volume(pods(manifests)["Deployment/dashboard"])
    assert not [each for each in manifests if each["kind"] == "PersistentVolumeClaim"]
    assert not [each for each in manifests if "volumeClaimTemplates" in each.get("spec", {})]


def data_volume(pod: Pod) -> dict[str, Any]:
    """Return the volume at the dashboard's DATA_DIR."""
    [container] = pod["containers"]
    path = environment(pod)["DATA_DIR"]
    [name] = [each["name"] for each in container["volumeMounts"] if each["mountPath"] == path]
    return next(each for each in pod["volumes"] if each["name"] == name)


def test_only_dashboard_and_credentials_get_an_api_token(
    everything: tuple[Manifest, ...],
) -> None:
    """No other pod gets a token of the API server."""
    with_token = {
        name.split()[-1]
        for name, pod in every_pod(everything).items()
        if pod.get("automountServiceAccountToken") is not False
    }
    assert with_token == {"Deployment/dashboard", "Job/credentials"}


def test_every_container_is_probed(everything: tuple[Manifest, ...]) -> None:
    """Each long-running container has all three probes, except the idle one of `prefetch`."""
    for name, pod in every_pod(everything).items():
        if name.endswith(("/prefetch", "/credentials")):
            continue
        probes = {"startupProbe", "livenessProbe", "readinessProbe"}
        assert all(each.keys() >= probes for each in pod["containers"]), name


def test_probes_match_the_endpoints() -> None:
    """The dashboard's readiness is that of queue and store, a worker's that of its model."""
    dashboard = pods(overlay("cpu/app"))["Deployment/dashboard"]["containers"][0]
    assert dashboard["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert dashboard["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert dashboard["ports"] == [{"name": "http", "containerPort": Settings().port}]
    pod = worker("cpu/scaledobject")
    assert pod["containers"][0]["startupProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    port = int(environment(pod)["WORKER_PORT"])
    assert pod["containers"][0]["ports"] == [{"name": "http", "containerPort": port}]


def test_variables_are_valid_settings(everything: tuple[Manifest, ...]) -> None:
    """Every variable of dashboard and worker is a setting with a valid value."""
    known = {name.upper() for name in Settings.model_fields}
    of_libraries = {"OMP_NUM_THREADS", "LD_LIBRARY_PATH"}
    for manifests in (everything, *map(overlay, OVERLAYS)):
        shared = settings_of(manifests)
        assert shared.keys() <= known
        own_pods = [name for name in pods(manifests) if name.endswith(("/worker", "/dashboard"))]
        for pod in map(pods(manifests).get, own_pods):
            assert environment(pod).keys() <= known | of_libraries
            own = {name: value for name, value in environment(pod).items() if value}
            keys = {"MINIO_ACCESS_KEY": "key", "MINIO_SECRET_KEY": "key"}
            values = {name.lower(): value for name, value in (shared | own | keys).items()}
            Settings(_env_file=None, **values)


def test_names_match_the_wire() -> None:
    """KEDA counts the queue of the jobs, and both sides use the default bucket of the store."""
    for part, kind in (("scaledobject", "ScaledObject"), ("scaledjob", "ScaledJob")):
        trigger = find(overlay(f"cpu/{part}"), kind, "worker")["spec"]["triggers"][0]
        assert trigger["metadata"]["queueName"] == names.QUEUE
    shared = settings_of(overlay("cpu/app"))
    host, port = shared["MINIO_ENDPOINT"].split(":")
    service = find(overlay("cpu/app"), "Service", host)
    assert int(port) in [each["port"] for each in service["spec"]["ports"]]
    assert "MINIO_BUCKET" not in shared


def test_services_target_open_ports(everything: tuple[Manifest, ...]) -> None:
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


def test_grafana_finds_its_dashboard(everything: tuple[Manifest, ...]) -> None:
    """The sidecar of Grafana's chart loads ConfigMaps with this label, under a stable name."""
    found = find(everything, "ConfigMap", "grafana-dashboard")
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    [text] = found["data"].values()
    assert json.loads(text)["title"] == "Stable Diffusion Live"


def test_gpu_overlay_differs_in_device_and_resources_only() -> None:
    """The overlays for CPU and GPU differ only in what depends on the device."""
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
        [each for each in overlay(f"{target}/app") if each["kind"] != "PodTemplate"]
        for target in ("cpu", "gpu")
    ]
    assert others[0] == others[1]


def without_device(pod: Pod) -> Pod:
    [worker] = pod["containers"]
    container = {key: worker[key] for key in worker if key not in ("image", "resources")}
    container["env"] = [
        each for each in container["env"] if each["name"] not in ("DEVICE", "OMP_NUM_THREADS")
    ]
    return {key: pod[key] for key in pod if key != "tolerations"} | {"containers": [container]}


@pytest.mark.parametrize("size", GPU_SIZES)
def test_overlay_for_a_gpu_size_has_room_for_its_model(size: str, tmp_path: Path) -> None:
    """The model fits into the GPU and the volumes by the table of docs/models.md."""
    pod = worker(f"{size}/scaledobject")
    model = table_of_models()[settings_of(overlay(f"{size}/app"))["MODEL_ID"]]
    gpu_gigabytes = int(size.removeprefix("gpu-").removesuffix("gb"))
    assert gigabytes(model["GPU memory"]) <= gpu_gigabytes
    on_disk = gigabytes(model["disk"])
    home = next(each for each in pod["volumes"] if each["name"] == "home")
    assert on_disk < int(home["emptyDir"]["sizeLimit"].removesuffix("Gi"))
    [container] = pod["containers"]
    assert on_disk < int(container["resources"]["requests"]["ephemeral-storage"].removesuffix("Gi"))
    shared = composed(tmp_path, "cpu", "model-volume", size)
    claim = find(shared, "PersistentVolumeClaim", "models")["spec"]["resources"]["requests"]
    assert on_disk < int(claim["storage"].removesuffix("Gi"))


def gigabytes(cell: str) -> float:
    """Return the first number of a cell, the value without offload and quantization."""
    [first, *_] = re.findall(r"[0-9.]+", cell)
    return float(first)


@pytest.mark.parametrize("size", GPU_SIZES)
def test_worker_runs_on_gpus_of_the_size_only(size: str) -> None:
    """A node is eligible by its memory as NVIDIA's operator labels it, or by its type on GKE."""
    affinity = worker(f"{size}/app")["affinity"]["nodeAffinity"]
    by_memory, by_type = affinity["requiredDuringSchedulingIgnoredDuringExecution"][
        "nodeSelectorTerms"
    ]
    [memory] = by_memory["matchExpressions"]
    assert (memory["key"], memory["operator"]) == ("nvidia.com/gpu.memory", "Gt")
    marketed = int(size.removeprefix("gpu-").removesuffix("gb")) * 1024
    # A driver reports some percent less than the card's data sheet.
    assert 0.9 * marketed < int(memory["values"][0]) < marketed
    assert by_type["matchExpressions"][0]["key"] == "cloud.google.com/gke-accelerator"


@pytest.mark.parametrize("target", TARGETS)
def test_workers_get_the_hub_token_from_a_secret(target: str) -> None:
    """HF_TOKEN is optional: models that are not gated need no Secret."""
    [container] = worker(f"{target}/scaledobject")["containers"]
    [token] = [each for each in container["env"] if each["name"] == "HF_TOKEN"]
    reference = {"name": "huggingface", "key": "token", "optional": True}
    assert token["valueFrom"] == {"secretKeyRef": reference}


@pytest.mark.parametrize("target", TARGETS)
def test_both_scalers_start_the_same_pod(target: str) -> None:
    """A worker of a ScaledJob is that of the Deployment, except that it exits after one job."""
    long_lived, single = worker(f"{target}/scaledobject"), worker(f"{target}/scaledjob")
    assert single["restartPolicy"] == "Never"
    env = single["containers"][0]["env"]
    assert {"name": "EXIT_AFTER_ONE_TASK", "value": "1"} in env
    same = {key: single[key] for key in single if key != "restartPolicy"}
    same["containers"] = [
        single["containers"][0]
        | {"env": [each for each in env if each["name"] != "EXIT_AFTER_ONE_TASK"]}
    ]
    assert same == long_lived
    assert long_lived == worker(f"{target}/app")


@pytest.mark.parametrize("target", TARGETS)
def test_overlay_has_at_most_one_scaler(target: str) -> None:
    """An overlay has no scaler, or a ScaledObject with its Deployment, or a ScaledJob."""
    scalers = {"Deployment", "ScaledObject", "ScaledJob"}
    assert not kinds(overlay(f"{target}/app"), "worker") & scalers
    assert kinds(overlay(f"{target}/scaledobject"), "worker") & scalers == scalers - {"ScaledJob"}
    assert kinds(overlay(f"{target}/scaledjob"), "worker") & scalers == {"ScaledJob"}


def test_scaling_is_as_documented() -> None:
    """From zero to eight workers, one job each, counting jobs in progress."""
    long_lived = find(overlay("gpu/scaledobject"), "ScaledObject", "worker")["spec"]
    single = find(overlay("gpu/scaledjob"), "ScaledJob", "worker")["spec"]
    for spec in (long_lived, single):
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
    assert long_lived["cooldownPeriod"] == 150
    assert "scalingStrategy" not in single, "KEDA 2.20 rejects an explicit `default`"
    deployment = find(overlay("gpu/scaledobject"), "Deployment", "worker")["spec"]
    assert "replicas" not in deployment, "KEDA sets the replicas"


@pytest.mark.parametrize("target", TARGETS)
def test_worker_has_time_to_requeue_its_job(target: str) -> None:
    """Kubernetes kills a worker only after its own grace period is over."""
    pod = worker(f"{target}/scaledobject")
    assert float(environment(pod)["GRACE_PERIOD"]) < pod["terminationGracePeriodSeconds"]


def test_images_are_pinned(everything: tuple[Manifest, ...]) -> None:
    """Every image is listed in the settings, with a tag other than `latest`."""
    listed = yaml.safe_load((K8S / "settings" / "kustomization.yaml").read_text())["images"]
    allowed = {f"{each['newName']}:{each['newTag']}" for each in listed}
    for name, pod in every_pod(everything).items():
        images = [each["image"] for each in containers(pod)]
        images += [each["image"]["reference"] for each in pod.get("volumes", []) if "image" in each]
        assert {image.partition("@")[0] for image in images} <= allowed, name
    assert not [tag for each in listed if (tag := each["newTag"]) in ("latest", "")]


def test_manifests_contain_no_secret(everything: tuple[Manifest, ...]) -> None:
    """Credentials come from Secrets, which no file contains."""
    for manifests in (everything, *map(overlay, OVERLAYS)):
        assert not [each for each in manifests if each["kind"] == "Secret"]
        for pod in pods(manifests).values():
            literal = {name for each in containers(pod) for name in _values(each)}
            assert not [name for name in literal if re.search("PASS|SECRET|KEY|URL", name)]


def _values(container: dict) -> list[str]:
    return [each["name"] for each in container.get("env", []) if "value" in each]


def test_job_makes_every_required_secret(everything: tuple[Manifest, ...]) -> None:
    """Each key that a pod or KEDA needs is one that the Job `credentials` makes."""
    created = secrets_of_job()
    references = [
        each["valueFrom"]["secretKeyRef"]
        for pod in every_pod(everything).values()
        for container in containers(pod)
        for each in container.get("env", [])
        if "secretKeyRef" in each.get("valueFrom", {})
    ]
    references += find(everything, "TriggerAuthentication", "rabbitmq")["spec"]["secretTargetRef"]
    needed = {(each["name"], each["key"]) for each in references if not each.get("optional")}
    assert {name for name, _ in needed} == {"rabbitmq", "minio"}
    assert all(key in created[name] for name, key in needed)


@pytest.mark.parametrize("target", TARGETS)
def test_pods_have_users_of_their_own(target: str) -> None:
    """No pod has the keys of another, and none but the store's own has its root user."""
    found = pods(overlay(f"{target}/scaledobject"))
    keys = {
        name: {
            tuple(each["valueFrom"]["secretKeyRef"][part] for part in ("name", "key"))
            for each in found[name]["containers"][0]["env"]
            if each["name"] in ("RABBITMQ_URL", "MINIO_ACCESS_KEY", "MINIO_SECRET_KEY")
        }
        for name in ("Deployment/dashboard", "Deployment/worker")
    }
    dashboard, worker = keys.values()
    assert {key for _, key in worker} == {f"worker-{key}" for _, key in dashboard}
    assert "env" not in found["StatefulSet/rabbitmq"]["containers"][0], "no default user"


@pytest.mark.parametrize(
    ("components", "servers"),
    [(("rabbitmq", "minio"), ["rabbitmq", "minio"]), (("rabbitmq", "external-s3"), ["rabbitmq"])],
)
def test_job_makes_credentials_of_servers_in_the_cluster_only(
    components: tuple[str, ...], servers: list[str], tmp_path: Path
) -> None:
    """Those of a server elsewhere come from a person, and pods wait for them."""
    job = pods(composed(tmp_path, *components, "cpu"))["Job/credentials"]
    module = ["python", "-m", "dashboard.cli.create_secrets"]
    assert job["containers"][0]["command"] == [*module, *servers]


def test_passwords_are_safe_in_a_url_and_differ() -> None:
    """KEDA accepts letters and digits only; no user has the password of another."""
    created = secrets_of_job()
    users = json.loads(created["rabbitmq"]["users.json"])["users"]
    passwords = [each["password"] for each in users]
    passwords += [created["minio"][key] for key in created["minio"] if key.endswith(_SECRET_KEYS)]
    assert len(set(passwords)) == 6
    assert all(re.fullmatch("[a-zA-Z0-9]{32}", password) for password in passwords)
    for user in users[:2]:
        assert any(
            f"//{user['name']}:{user['password']}@" in url for url in created["rabbitmq"].values()
        )


def test_permissions_are_for_the_users_that_deploy_makes() -> None:
    """The broker refuses permissions of users that do not exist, and then does not start."""
    users = json.loads(secrets_of_job()["rabbitmq"]["users.json"])["users"]
    permissions = json.loads(PERMISSIONS.read_text())["permissions"]
    assert [each["name"] for each in users] == [each["user"] for each in permissions]
    assert {each["tags"] for each in users} == {"", "management"}


def test_documented_permissions_are_those_of_the_cluster() -> None:
    """docs/operations.md gives the users of an external broker the same permissions."""
    text = (K8S.parent / "docs" / "operations.md").read_text()
    pattern = r"set_permissions (\w+) '(.*)' '(.*)' '(.*)'"
    documented = {user: rights for user, *rights in re.findall(pattern, text)}
    for each in json.loads(PERMISSIONS.read_text())["permissions"]:
        rights = [each[right] for right in ("configure", "write", "read")]
        assert documented[each["user"]] == rights


def test_policies_are_for_the_bucket_of_the_settings() -> None:
    """The store in the cluster makes the default bucket, and its policies name no other."""
    bucket = Settings(_env_file=None).minio_bucket
    assert f"local/{bucket}\n" in (POLICIES / "create-users.sh").read_text()
    for policy in POLICIES.glob("*-policy.json"):
        arns = set(re.findall(r"arn:aws:s3:::([^/\"]+)", policy.read_text()))
        assert arns == {bucket}


def test_store_keys_are_written_verbatim() -> None:
    """Quotes, backslashes, colons and spaces in a key do not break the Secret."""
    access, secret = 'a"b\\c', "d: 'e' #f $HOME\n  name: g" + 60 * "h"
    keys = {"MINIO_ACCESS_KEY": access, "MINIO_SECRET_KEY": secret}
    created = secrets_of_deploy(**keys)
    assert "huggingface" not in created
    same = {"access-key": access, "secret-key": secret}
    assert created["minio"] == same | {f"worker-{key}": value for key, value in same.items()}


def test_workers_may_have_other_keys_of_an_external_store() -> None:
    """The workers' key may have fewer rights than the dashboard's."""
    keys = {"MINIO_ACCESS_KEY": "a", "MINIO_SECRET_KEY": "b"}
    own = {"WORKER_MINIO_ACCESS_KEY": "c", "WORKER_MINIO_SECRET_KEY": "d"}
    created = secrets_of_deploy(**keys, **own)["minio"]
    assert (created["worker-access-key"], created["worker-secret-key"]) == ("c", "d")


def test_keys_of_the_shell_do_not_reach_the_store_of_the_cluster() -> None:
    """A store in the cluster has generated keys, whatever the shell has for another store."""
    keys = {"MINIO_ACCESS_KEY": "mine", "MINIO_SECRET_KEY": "hunter2-and-more"}
    assert secrets_of_deploy("inside", **keys) == {}


def test_hub_token_is_written_if_given() -> None:
    """`HF_TOKEN=… make deploy` writes the Secret that workers read."""
    assert secrets_of_deploy("inside", HF_TOKEN="hf_x") == {"huggingface": {"token": "hf_x"}}


def rules_of(name: str) -> list[dict]:
    """Return what a pod may do by the roles of its name."""
    kinds = ("Role", "ClusterRole")
    roles = [each for each in overlay("gpu/app") if each["kind"] in kinds]
    of = "app.kubernetes.io/name"
    return [
        rule for role in roles if role["metadata"]["labels"][of] == name for rule in role["rules"]
    ]


@pytest.mark.parametrize("target", TARGETS)
def test_credentials_job_ends_and_is_removed(target: str) -> None:
    """A Job cannot be changed: one that never ends, as without its image, would hinder upgrades."""
    job = find(overlay(f"{target}/app"), "Job", "credentials")["spec"]
    assert job["activeDeadlineSeconds"] + job["ttlSecondsAfterFinished"] <= 900


def test_credentials_job_reads_no_secret() -> None:
    """It can make a Secret, and neither read nor change nor delete one."""
    assert rules_of("credentials") == [
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]}
    ]


def test_dashboard_has_read_only_rights() -> None:
    """Its role allows get, list and watch only, and no Secrets."""
    rules = rules_of("dashboard")
    assert rules
    for rule in rules:
        assert set(rule["verbs"]) <= {"get", "list", "watch"}
        assert not {"secrets", "configmaps", "*"} & set(rule["resources"])
        assert "*" not in rule["apiGroups"]
