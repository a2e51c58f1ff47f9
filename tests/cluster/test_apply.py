"""`kubectl apply -k` and `make deploy` on the real API server: what each leaves as it is."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.cluster.deployed import NAMESPACE, Deployed
from tests.support.conditions import HANG_TIMEOUT, wait_until

_COOLDOWN_SECONDS = 150
"""As in k8s/settings."""


def test_kubectl_and_make_change_nothing_of_each_other(deployed: Deployed) -> None:
    """Either one, after the other, leaves every pod template and KEDA's replicas as they are."""
    deployed.deploy("scaledobject")
    wait_until(lambda: _replicas(deployed) == 0, what="KEDA changes no replicas any more")
    after_make = deployed.generations()
    deployed.apply("gpu")
    assert deployed.generations() == after_make
    deployed.deploy("scaledobject")
    assert deployed.generations() == after_make


def test_make_removes_what_the_overlay_no_longer_has(deployed: Deployed) -> None:
    """Network policies of the previous overlay would cut connections; the volumes stay."""
    deployed.deploy("app", overlay="gke")
    volumes = _volumes(deployed)
    assert deployed.objects("networkpolicies")
    deployed.deploy("app")
    assert not deployed.objects("networkpolicies")
    assert _volumes(deployed) == volumes


def test_keda_stops_the_worker_of_a_plain_apply(deployed: Deployed) -> None:
    """A new Deployment has one worker, which KEDA stops without waiting for the cooldown."""
    deployed.deploy("app")
    workers = ("scaledobject.keda.sh/worker", "deployment/worker")
    deployed.kubectl("-n", NAMESPACE, "delete", *workers, "--ignore-not-found")
    deployed.apply("gpu")
    wait_until(lambda: _replicas(deployed) == 0, _COOLDOWN_SECONDS / 2, "KEDA stops the worker")


def test_job_makes_new_passwords_only_when_asked(deployed: Deployed) -> None:
    """Deploying keeps the Secrets; ROTATE=1 gives new ones to all pods that read them."""
    deployed.deploy("app")
    before = _secrets(deployed)
    deployed.deploy("app")
    assert _secrets(deployed) == before
    with ThreadPoolExecutor(1) as pool:
        rotated = pool.submit(deployed.deploy, "app", ROTATE="1")
        wait_until(
            lambda: rotated.done() or _is_new(deployed, before), what="there are new Secrets"
        )
        # The dashboard becomes ready once the servers know its new passwords.
        deployed.admit_users()
        rotated.result(HANG_TIMEOUT)
    assert _job_log(deployed) == ["Secret rabbitmq is new.", "Secret minio is new."]


def test_deployment_ends_what_one_that_failed_after_new_passwords_left(deployed: Deployed) -> None:
    """Pods that still have the passwords of earlier Secrets are restarted, and only those."""
    deployed.deploy("app")
    before, generations = _secrets(deployed), deployed.generations()
    deployed.kubectl(
        "-n", NAMESPACE, "delete", "job/credentials", "secret/rabbitmq", "secret/minio"
    )
    deployed.apply("gpu/app")
    wait_until(lambda: _is_new(deployed, before), what="there are new Secrets")
    deployed.admit_users()
    deployed.deploy("app")
    readers = {"rabbitmq", "minio", "dashboard"}
    after = deployed.generations()
    assert {name for name in readers if after[name] == generations[name] + 1} == readers
    deployed.deploy("app")
    assert deployed.generations() == after


def _volumes(deployed: Deployed) -> set[str]:
    return {each["metadata"]["uid"] for each in deployed.objects("persistentvolumeclaims")}


def _replicas(deployed: Deployed) -> int:
    (workers,) = (
        each for each in deployed.objects("deployments") if each["metadata"]["name"] == "worker"
    )
    return workers["spec"]["replicas"]


def _secrets(deployed: Deployed) -> dict[str, dict[str, str]]:
    return {name: deployed.secret(name) for name in ("rabbitmq", "minio")}


def _is_new(deployed: Deployed, before: dict[str, dict[str, str]]) -> bool:
    found = {each["metadata"]["name"] for each in deployed.objects("secrets")}
    return before.keys() <= found and all(
        data != before[name] for name, data in _secrets(deployed).items()
    )


def _job_log(deployed: Deployed) -> list[str]:
    """Return the lines of the Job's last pod: they name no password."""
    folder = deployed.cluster.control_plane.folder / "pods"
    logs = [each / "log" for each in folder.glob("credentials-*")]
    return max(logs, key=lambda log: log.stat().st_mtime).read_text().splitlines()
