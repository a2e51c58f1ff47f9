"""`make doctor`: each planted fault is found, with what to do and without secrets."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import StoreFull
from core.settings import Settings
from dashboard.sampling.space import full_disk, full_store, space_sources
from doctor import checks, machine, runner
from doctor import settings as settings_check
from doctor.check import Check, Result, ok, skipped
from doctor.cluster import check_rights, check_scaler
from doctor.machine import check_disk, check_driver, check_port
from doctor.model import check_model
from doctor.queue import check_management, check_queue
from doctor.redaction import redact, secrets_of
from doctor.store import check_store
from tests.support.conditions import HANG_TIMEOUT, free_port
from tests.support.kubernetes_objects import kubeconfig, recorded
from wire.stores.directory import DirectoryStore

SECRET = "hunter2-and-more"
KEYS = {"minio_access_key": "key", "minio_secret_key": SECRET}
CLUSTER = {"fleet": "kubernetes"}


class Answers(ThreadingHTTPServer):
    """A server whose ``answer`` maps method, path and body to a status and a body."""

    def __init__(self, answer: Callable[[str, str, bytes], tuple[int, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.address = f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        status, body = self.server.answer(self.command, self.path, self.rfile.read(size))
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        is_xml = content.startswith(b"<?xml")
        self.send_header("Content-Type", "application/xml" if is_xml else "text/html")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def serve() -> Iterator[Callable[..., Answers]]:
    """Return a function that starts such a server."""
    running: list[Answers] = []

    def start(answer: Callable[[str, str, bytes], tuple[int, Any]]) -> Answers:
        running.append(Answers(answer))
        threading.Thread(target=running[-1].serve_forever, args=[0.01], daemon=True).start()
        return running[-1]

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)


def result_of(run: Callable[[Settings], Result], given: Settings) -> Result:
    """Return the result of a check, run as `make doctor` runs it.

    Its time limit is tested elsewhere: PyTorch's import takes half a minute on a busy machine.
    """
    check = Check("it", lambda: run(given), HANG_TIMEOUT)
    [(_, result)] = runner.run_checks([check], time.monotonic() + HANG_TIMEOUT)
    assert SECRET not in result.text
    return result


# Each check is given a fault, and finds it.


def test_misspelled_setting_is_found(monkeypatch, tmp_path):
    """A name that resembles a setting's has no effect, which is a fault."""
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("RABBITMQ_ULR=amqp://u:hunter2-and-more@host/\nUNRELATED=1\n")
    result = settings_check.check_names()
    assert result.state == "failed"
    assert result.text == (
        "RABBITMQ_ULR is not a setting, so it is ignored; rename it if RABBITMQ_URL is meant."
    )
    Path(".env").write_text("UNRELATED=1\n")
    assert settings_check.check_names().state == "ok"


def test_variables_of_kubernetes_services_are_no_misspellings(monkeypatch, tmp_path):
    """A pod has variables for each Service of its namespace."""
    monkeypatch.chdir(tmp_path)
    for name in ("RABBITMQ_PORT", "MINIO_SERVICE_HOST", "DASHBOARD_PORT", "WORKER_SERVICE_PORT"):
        monkeypatch.setenv(name, "tcp://10.0.0.1:80")
    assert settings_check.check_names().state == "ok"


def test_invalid_setting_fails_and_skips_the_rest(monkeypatch, tmp_path):
    """An invalid value is named, every other check is skipped, and the exit code is 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BATCH_SIZE", "none")
    code, lines = run_doctor()
    assert code == 1
    assert lines[0].startswith("failed   settings    BATCH_SIZE in the environment")
    assert {line.split()[0] for line in lines[1:-1]} == {"skipped"}
    assert len(lines) == 12


def run_doctor() -> tuple[int, list[str]]:
    printed = io.StringIO()
    with redirect_stdout(printed):
        code = runner.main()
    return code, printed.getvalue().splitlines()


def test_broker_that_is_down_is_found():
    """Nothing listens: the queue fails, and the management API is left out."""
    url = f"amqp://user:{SECRET}@127.0.0.1:{free_port()}/?connection_timeout=500"
    given = settings(rabbitmq_url=url)
    result = result_of(check_queue, given)
    assert result.state == "failed"
    assert "nothing listens there" in result.text
    assert result_of(check_management, given) == skipped("The queue has to answer first.")


def test_data_dir_that_is_a_file_is_found(tmp_path):
    """DATA_DIR cannot be used: the disk, the queue and the store each say so."""
    file = tmp_path / "data"
    file.touch()
    for check in (check_disk, check_queue, check_store):
        result = result_of(check, settings(data_dir=file))
        assert result.state == "failed"
        assert "cannot be used" in result.text


def test_full_disk_is_found(monkeypatch, tmp_path):
    """A disk with little room fails, with how much is free."""
    usage = SimpleNamespace(free=5 * 2**20)
    monkeypatch.setattr("core.data_dir.shutil.disk_usage", lambda _: usage)
    result = result_of(check_disk, settings(data_dir=tmp_path))
    assert result.state == "failed"
    assert "Only 5 MB are free" in result.text


def test_port_of_another_program_is_found(serve):
    """A port in use fails, unless a dashboard answers on it."""
    server = serve(lambda *_: (200, b"<html>"))
    result = result_of(check_port, settings(port=server.server_port))
    assert result.state == "failed"
    assert "cannot be used" in result.text
    server.answer = lambda *_: (200, {"status": "alive"})
    assert result_of(check_port, settings(port=server.server_port)).state == "ok"


def denied(code: str) -> bytes:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda *_: (200, b"<html>a console</html>"), "no S3 API"),
        (lambda *_: (403, denied("InvalidAccessKeyId")), "check MINIO_ACCESS_KEY"),
        (lambda *_: (403, denied("SignatureDoesNotMatch")), "check MINIO_SECRET_KEY"),
        (lambda *_: (403, denied("AccessDenied")), "lacks the right s3:ListBucket"),
        (lambda *_: (507, denied("XMinioStorageFull")), "is full"),
    ],
    ids=["no S3", "access key", "secret key", "no right", "full"],
)
def test_fault_of_the_store_is_found(serve, answer, sentence):
    """Each has the store's own sentence."""
    server = serve(answer)
    given = settings(minio_endpoint=server.address, minio_region="us-east-1", **KEYS)
    result = result_of(check_store, given)
    assert result.state == "failed"
    assert sentence in result.text


def test_missing_model_folder_is_found(tmp_path):
    """A folder that does not exist, and one without a model, are told apart."""
    missing = result_of(check_model, settings(model_id=f"{tmp_path}/none", device="cpu"))
    assert missing.state == "failed"
    assert "Check MODEL_ID" in missing.text
    empty = result_of(check_model, settings(model_id=str(tmp_path), device="cpu"))
    assert "has no model_index.json" in empty.text


def test_incomplete_model_is_found(tmp_path):
    """A model with a component whose weights are missing fails."""
    source = Path(__file__).parents[2] / "models" / "demo"
    for file in source.rglob("*.json"):
        copy = tmp_path / file.relative_to(source)
        copy.parent.mkdir(exist_ok=True, parents=True)
        copy.write_bytes(file.read_bytes())
    result = result_of(check_model, settings(model_id=str(tmp_path), device="cpu"))
    assert result.state == "failed"
    assert "no weights for text_encoder, unet, vae" in result.text


def test_absent_driver_is_a_fault_only_if_a_gpu_is_wanted(monkeypatch):
    """Without a driver the check is skipped; with DEVICE=cuda it fails."""
    pynvml = pytest.importorskip("pynvml")

    def absent() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)

    monkeypatch.setattr(pynvml, "nvmlInit", absent)
    assert result_of(check_driver, settings()).state == "skipped"
    assert result_of(check_driver, settings(device="cuda")).state == "failed"


def test_driver_of_another_version_is_found(monkeypatch):
    """After an upgrade without a restart, the library and the kernel module differ."""
    pynvml = pytest.importorskip("pynvml")

    def mismatch() -> None:
        raise pynvml.NVMLError(pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH)

    monkeypatch.setattr(pynvml, "nvmlInit", mismatch)
    result = result_of(check_driver, settings())
    assert result.state == "failed"
    assert "restart the machine" in result.text


# A cluster, by a small API server of its own.


@pytest.fixture
def cluster(serve, tmp_path, monkeypatch) -> Answers:
    """Run an API server that allows everything and has a ScaledObject that is ready."""
    server = serve(api_answer())
    file = tmp_path / "kubeconfig"
    file.write_text(kubeconfig(f"http://{server.address}"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    return server


def api_answer(
    allowed: Callable[[str, str], bool] = lambda _resource, _verb: True,
    scalers: tuple[int, list[Any]] | None = None,
) -> Callable[[str, str, bytes], tuple[int, Any]]:
    found = scalers or (200, [scaled_object()])

    def answer(_method: str, path: str, body: bytes) -> tuple[int, Any]:
        if "selfsubjectaccessreviews" in path:
            asked = json.loads(body)["spec"]["resourceAttributes"]
            return 201, {"status": {"allowed": allowed(asked["resource"], asked["verb"])}}
        if "/scaledobjects" in path:
            return found[0], {"items": found[1], "message": "no"}
        return (found[0] if "keda.sh" in path else 200), {"items": [], "message": "no"}

    return answer


def scaled_object(ready: str = "True", **changes: Any) -> Any:
    conditions = [{"type": "Ready", "status": ready, "message": "the trigger fails"}]
    return recorded("scaled_object", status={"conditions": conditions}, **changes)


@pytest.mark.usefixtures("cluster")
def test_cluster_in_order_is_ok():
    """All rights, and a scaler that is ready."""
    assert result_of(check_rights, settings(**CLUSTER)).state == "ok"
    result = result_of(check_scaler, settings(**CLUSTER))
    assert result == ok("ScaledObject worker is ready; trigger: rabbitmq queue tasks.")


def test_missing_rights_are_named(cluster):
    """Each kind that may not be listed is named, with where the rights are."""
    cluster.answer = api_answer(allowed=lambda kind, _verb: kind not in ("nodes", "jobs"))
    result = result_of(check_rights, settings(**CLUSTER))
    assert result.state == "failed"
    assert "list Jobs, nodes (" in result.text
    assert "dashboard-rbac.yaml" in result.text


def test_rights_without_watch_are_enough(cluster):
    """A role of an earlier release works: what is listed instead is named, with what it costs."""
    cluster.answer = api_answer(allowed=lambda kind, verb: (kind, verb) != ("pods", "watch"))
    result = result_of(check_rights, settings(**CLUSTER))
    assert result.state == "ok"
    assert "may not watch pods, so it lists them" in result.text
    assert "dashboard-rbac.yaml" in result.text


OTHER_QUEUE = {"triggers": [{"type": "rabbitmq", "metadata": {"queueName": "other"}}]}


@pytest.mark.parametrize(
    ("scalers", "sentence"),
    [
        ((404, []), "KEDA is not installed in this cluster. Run make install-keda."),
        ((403, []), "does not let the dashboard list ScaledObjects"),
        ((401, []), "refuses the dashboard's credentials"),
        ((200, []), "no ScaledObject or ScaledJob named worker"),
        ((200, [scaled_object("False")]), "is not ready: the trigger fails."),
        ((200, [scaled_object("Unknown")]), "is not ready: the trigger fails."),
        ((200, [scaled_object(spec=OTHER_QUEUE)]), "counts the queue of this project"),
    ],
    ids=["no KEDA", "no right", "expired", "no scaler", "not ready", "unknown", "other queue"],
)
def test_fault_of_keda_is_found(cluster, scalers, sentence):
    """Each names what is wrong, and what to do."""
    cluster.answer = api_answer(scalers=scalers)
    result = result_of(check_scaler, settings(**CLUSTER))
    assert result.state == "failed"
    assert sentence in result.text


def test_cluster_that_is_down_is_found(monkeypatch, tmp_path):
    """Nothing listens at the API server's address, or there is no kubeconfig."""
    file = tmp_path / "kubeconfig"
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(file))
    assert "No cluster is configured here" in result_of(check_rights, settings(**CLUSTER)).text
    file.write_text(kubeconfig(f"http://127.0.0.1:{free_port()}"))
    assert "nothing listens there" in result_of(check_rights, settings(**CLUSTER)).text


# The runner.


def test_check_that_hangs_fails_in_time():
    """A check without an answer fails at its limit, and delays no other."""
    hanging = threading.Event()
    slow = Check("slow", lambda: ok(str(hanging.wait(60))), seconds=0.2)
    quick = Check("quick", lambda: ok("fine"))
    began = time.monotonic()
    results = dict(runner.run_checks([slow, slow, slow, quick], began + 60))
    elapsed = time.monotonic() - began
    hanging.set()
    assert results["slow"].state == "failed"
    assert "No result after" in results["slow"].text
    assert results["quick"] == ok("fine")
    assert elapsed < 30


def test_everything_that_hangs_ends_within_a_minute():
    """The limits together are below a minute: the quick ones, then those that load PyTorch."""
    assert runner.TOTAL_SECONDS < 60
    hanging = threading.Event()
    check = Check("slow", lambda: ok(str(hanging.wait(60))), seconds=100)
    began = time.monotonic()
    results = list(runner.run_checks([check] * 4, began + 0.3))
    hanging.set()
    assert [result.state for _, result in results] == ["failed"] * 4
    assert time.monotonic() - began < 30


def test_broken_check_hides_no_other_and_shows_no_text():
    """An unexpected exception may contain an address with a password."""

    def broken() -> Result:
        raise ValueError(f"amqp://user:{SECRET}@host")

    [(_, result)] = runner.run_checks([Check("it", broken)], time.monotonic() + 60)
    assert result.state == "failed"
    assert "ValueError in test_doctor.py" in result.text
    assert SECRET not in result.text


def test_secrets_are_removed_from_sentences():
    """Secrets and the passwords of URLs are masked, encoded or not."""
    given = settings(rabbitmq_url="amqp://user:p%40ssword@host/", hf_token="hf_token", **KEYS)
    text = f"p@ssword p%40ssword hf_token {SECRET} amqp://user:p%40ssword@host/"
    assert redact(text, secrets_of(given)) == "*** *** *** *** ***"


def test_key_of_each_program_is_removed_from_sentences():
    """A sentence has one key of API_KEYS, not the whole setting: each is masked."""
    given = settings(api_keys="webui:3f9c0a7d52e1, script:long:key-with-a-colon")
    text = "refused 3f9c0a7d52e1 and long:key-with-a-colon of script"
    assert redact(text, secrets_of(given)) == "refused *** and *** of script"


@pytest.mark.parametrize(("state", "code"), [("ok", 0), ("skipped", 0), ("failed", 1)])
def test_exit_code_is_one_if_a_check_failed(monkeypatch, tmp_path, state, code):
    """What is skipped is not wrong."""
    monkeypatch.chdir(tmp_path)
    check = Check("it", lambda: Result(state, "a\nsentence"))
    monkeypatch.setattr(runner, "first_checks", lambda _: (check,))
    monkeypatch.setattr(runner, "after_checks", lambda _: ())
    got, lines = run_doctor()
    assert got == code
    assert lines[1] == f"{state:<8} it          a sentence"


def test_laptop_is_in_order(tmp_path):
    """The local mode: what needs no server is ok, the rest is skipped with a reason."""
    given = settings(data_dir=tmp_path, port=free_port())
    results = dict(runner.run_checks(checks.first_checks(given), time.monotonic() + 60))
    results.pop("driver")
    states = {name: result.state for name, result in results.items()}
    local = dict.fromkeys(("disk", "port", "queue", "store"), "ok")
    assert states == local | dict.fromkeys(("management", "rights", "keda"), "skipped")
    assert list((tmp_path / "pictures").iterdir()) == []


def test_worker_without_local_folders_needs_no_data_dir(monkeypatch):
    """In a worker's pod the file system is read-only, and nothing is written there."""
    monkeypatch.setattr(machine, "find_spec", lambda _: None)
    given = settings(rabbitmq_url="amqp://host/", minio_endpoint="host:9000", **KEYS)
    assert result_of(check_disk, given).state == "skipped"
    assert result_of(check_port, given).state == "skipped"


# Readiness uses the same checks.


def test_readiness_reads_disk_and_store(monkeypatch, tmp_path):
    """A disk with little room is a reason; an unreachable store is left to its own reading."""
    assert full_disk(tmp_path) is None
    usage = SimpleNamespace(free=5 * 2**20)
    monkeypatch.setattr("core.data_dir.shutil.disk_usage", lambda _: usage)
    assert "Only 5 MB are free" in full_disk(tmp_path)
    assert full_store(DirectoryStore(tmp_path / "pictures")) is None
    (tmp_path / "file").touch()
    assert full_store(DirectoryStore(tmp_path / "file")) is None


def test_full_store_is_a_reason(monkeypatch, tmp_path):
    """A store that reads but takes no more objects is not ready."""
    store = DirectoryStore(tmp_path / "pictures")

    def full(*_: object) -> None:
        raise StoreFull("The disk is full.")

    monkeypatch.setattr(store, "put", full)
    assert full_store(store) == "The disk is full."


def test_disk_is_no_reason_while_nothing_is_stored_on_it(tmp_path):
    """With a broker and a bucket, DATA_DIR has neither jobs nor pictures."""
    remote = settings(rabbitmq_url="amqp://host/", minio_endpoint="host:9000", **KEYS)
    store = DirectoryStore(tmp_path)
    assert [source.name for source in space_sources(remote, store)] == ["the store's space"]
    local = space_sources(settings(data_dir=tmp_path), store)
    assert [source.name for source in local] == ["the disk", "the store's space"]
