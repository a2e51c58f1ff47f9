"""The GPUs of a machine, one for each local worker."""

import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from core.settings import Settings
from dashboard.domain.journal import Journal
from dashboard.fleet import gpus, local
from dashboard.fleet.gpus import Gpu, least_used, list_gpus, usable_gpus
from dashboard.fleet.reconciliation import make_policy, to_start
from dashboard.fleet.worker_processes import WorkerProcess
from dashboard.runtime.fleet_setup import set_up_fleet
from tests.support.conditions import wait_until
from tests.unit.test_supervisor import FakeQueue, environment_of, running, supervised

TWO_GPUS = ("GPU-a", "GPU-b")


class NvmlError(Exception):
    """NVML's own error."""


@pytest.fixture
def nvml(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Install an NVML that lists two GPUs."""
    library = SimpleNamespace(
        NVMLError=NvmlError,
        nvmlInit=lambda: None,
        nvmlDeviceGetCount=lambda: 2,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetUUID=lambda handle: TWO_GPUS[handle],
        nvmlDeviceGetName=lambda _: "NVIDIA L4",
    )
    monkeypatch.setitem(sys.modules, "pynvml", library)
    list_gpus.cache_clear()
    local.gpu_nodes.cache_clear()
    yield library
    list_gpus.cache_clear()
    local.gpu_nodes.cache_clear()


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)


@pytest.mark.usefixtures("nvml")
def test_gpus_come_from_the_driver():
    """Workers get UUIDs, which name the same GPU for CUDA as for the driver."""
    assert list_gpus() == (Gpu("GPU-a", "NVIDIA L4"), Gpu("GPU-b", "NVIDIA L4"))
    assert usable_gpus(settings()) == TWO_GPUS
    [node] = local.gpu_nodes()
    assert (node.product, node.slots) == ("NVIDIA L4", 2)


def test_driver_that_does_not_answer_means_no_gpus(nvml):
    """A failing driver stops neither the dashboard nor its workers."""

    def fail() -> None:
        raise NvmlError

    nvml.nvmlInit = fail
    assert usable_gpus(settings()) == ()
    assert local.gpu_nodes() == ()


@pytest.mark.usefixtures("nvml")
@pytest.mark.parametrize(
    ("visible", "used"),
    [
        ("0, 2", ("0", "2")),
        ("GPU-b", ("GPU-b",)),
        ("MIG-a,MIG-b,MIG-c", ("MIG-a", "MIG-b", "MIG-c")),
        ("0,-1,1", ("0",)),
        ("", ()),
        ("-1", ()),
        ("NoDevFiles", ()),
    ],
)
def test_selection_of_the_user_is_respected(monkeypatch, visible, used):
    """Workers share the GPUs of CUDA_VISIBLE_DEVICES, read as CUDA reads it, and no others."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert usable_gpus(settings()) == used


@pytest.mark.usefixtures("nvml")
def test_workers_on_the_cpu_get_no_gpu():
    """DEVICE=cpu starts as many workers as on a machine without GPUs."""
    assert usable_gpus(settings(device="cpu")) == ()
    assert usable_gpus(settings(device="cuda")) == TWO_GPUS


def test_selection_without_a_driver_means_no_gpus(monkeypatch):
    """CUDA_VISIBLE_DEVICES alone adds no GPU to a machine that has none."""
    monkeypatch.setattr(gpus, "list_gpus", lambda: ())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    assert usable_gpus(settings()) == ()


def test_unset_maximum_is_the_number_of_gpus():
    """MAX_WORKERS wins; unset it is one per GPU, 2 without GPUs, and never below MIN_WORKERS."""
    assert make_policy(settings(), gpus=8).maximum == 8
    assert make_policy(settings(), gpus=1).maximum == 1
    assert make_policy(settings(), gpus=0).maximum == 2
    assert make_policy(settings(max_workers=3), gpus=8).maximum == 3
    assert make_policy(settings(min_workers=4), gpus=1).maximum == 4


def test_new_worker_gets_the_least_used_gpu():
    """A free GPU comes first; workers beyond the number of GPUs are spread over all of them."""
    assert least_used(TWO_GPUS, ()) == "GPU-a"
    assert least_used(TWO_GPUS, ["GPU-a", None]) == "GPU-b"
    assert least_used(TWO_GPUS, ["GPU-a", "GPU-b", "GPU-a"]) == "GPU-b"
    assert least_used((), [None]) is None


def test_stopping_worker_keeps_its_place():
    """No worker starts on a GPU whose memory a stopping worker still has."""
    workers = [
        WorkerProcess("worker-1", "stopping", 0.0),
        WorkerProcess("worker-2", "running", 0.0),
    ]
    assert to_start(workers, 2, "", places=2) == []
    assert to_start(workers, 2, "", places=3) == ["worker-3"]
    assert to_start(workers, 2, "") == ["worker-3"]


@pytest.mark.usefixtures("nvml")
def test_dashboard_gives_its_supervisor_the_gpus(tmp_path: Path):
    """`make demo` on a machine with two GPUs has a scaler with a maximum of two."""
    local_settings = settings(data_dir=tmp_path, fleet="local")
    supervisor = set_up_fleet(local_settings, FakeQueue(), Journal()).supervisor
    supervisor.start()
    try:
        assert supervisor.status().scaler.maximum == 2
    finally:
        supervisor.stop()


def gpu_of(pid: int) -> str | None:
    return environment_of(pid).get("CUDA_VISIBLE_DEVICES")


def test_each_worker_has_its_own_gpu(tmp_path: Path):
    """As many workers as GPUs, and a replaced one gets the GPU that is free."""
    with supervised(tmp_path, gpus=TWO_GPUS, max_workers=None) as setup:
        setup.queue.jobs = 10
        pids = running(2, setup)
        assert setup.supervisor.status().scaler.maximum == 2
        assert {gpu_of(pid) for pid in pids} == set(TWO_GPUS)
        [on_a] = [pid for pid in pids if gpu_of(pid) == "GPU-a"]
        psutil.Process(on_a).kill()
        wait_until(lambda: len(setup.pids() - {on_a}) == 2, what="another worker")
        assert {gpu_of(pid) for pid in setup.pids()} == set(TWO_GPUS)


def test_workers_without_gpus_inherit_the_environment(tmp_path: Path, monkeypatch):
    """Where the driver lists no GPU, CUDA_VISIBLE_DEVICES stays as it is."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    with supervised(tmp_path, max_workers=1) as setup:
        setup.queue.jobs = 1
        [pid] = running(1, setup)
        assert gpu_of(pid) is None
