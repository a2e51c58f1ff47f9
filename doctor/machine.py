"""Check this machine: the disk of DATA_DIR, the dashboard's port, GPU and driver."""

from importlib.util import find_spec

import urllib3

from core.data_dir import check_data_dir
from core.errors import SettingsError
from core.settings import Settings
from doctor.check import Result, failed, ok, skipped

_TIMEOUT = urllib3.Timeout(total=3)


def check_disk(settings: Settings) -> Result:
    """Check that DATA_DIR can be written and its disk has room."""
    is_remote = settings.rabbitmq_url and settings.minio_endpoint
    if is_remote and not find_spec("dashboard"):
        return skipped("A worker writes to queue and store only, and both are elsewhere.")
    free = check_data_dir(settings.data_dir)
    return ok(f"DATA_DIR {settings.data_dir} can be written; {free / 2**30:.1f} GiB are free.")


def check_port(settings: Settings) -> Result:
    """Check that the port is free, or that a dashboard answers on it."""
    if not find_spec("dashboard"):
        return skipped("This image has no dashboard.")
    from dashboard.start import check_port

    try:
        check_port(settings.port)
    except SettingsError as error:
        answered = _is_dashboard(settings)
        return (
            ok(f"A dashboard answers on port {settings.port}.") if answered else failed(str(error))
        )
    return ok(f"Port {settings.port} is free.")


def _is_dashboard(settings: Settings) -> bool:
    try:
        url = f"http://localhost:{settings.port}/healthz"
        answer = urllib3.request("GET", url, timeout=_TIMEOUT, retries=False, redirect=False)
        return bool(answer.json() == {"status": "alive"})
    except (urllib3.exceptions.HTTPError, ValueError):
        return False


def check_driver(settings: Settings) -> Result:
    """List the NVIDIA GPUs by their driver."""
    if not find_spec("pynvml"):
        return skipped("The package nvidia-ml-py is not installed.")
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
        products = [str(pynvml.nvmlDeviceGetName(handle)) for handle in handles]
        version = pynvml.nvmlSystemGetDriverVersion()
    except pynvml.NVMLError as error:
        return _without_driver(settings, error, pynvml.NVMLError_LibraryNotFound)
    found = ", ".join(products) or "no GPU"
    return ok(f"NVIDIA driver {version}: {found}.") if products else failed(_no_gpu(version))


def _without_driver(settings: Settings, error: Exception, absent: type[Exception]) -> Result:
    if isinstance(error, absent) and settings.device != "cuda":
        return skipped("This machine has no NVIDIA driver.")
    return failed(
        f"The NVIDIA driver does not answer ({error}). Install it, or restart the machine after "
        "an upgrade of it; in a container, request a GPU and use NVIDIA's runtime."
    )


def _no_gpu(version: str) -> str:
    return (
        f"NVIDIA driver {version} lists no GPU. Check that the GPU is given to this container or "
        "machine."
    )
