"""Settings: from the environment, checked once, secrets masked."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    """Let no setting of this machine reach a test."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_needs_to_be_set():
    """A fresh machine runs the embedded mode."""
    settings = load_settings()
    assert settings.rabbitmq_url is None
    assert settings.minio_endpoint is None
    assert settings.data_dir == Path("data")
    assert settings.local_fleet


def test_the_environment_wins_over_the_file(monkeypatch, tmp_path):
    """One run can differ from what the folder's file says."""
    (tmp_path / ".env").write_text("MODEL_ID=from/file\nMINIO_BUCKET=kept\n")
    monkeypatch.setenv("MODEL_ID", "from/environment")
    settings = load_settings()
    assert settings.model_id == "from/environment"
    assert settings.minio_bucket == "kept"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RABBITMQ_URL", "http://guest:hunter2@localhost"),
        ("RABBITMQ_URL", "amqp://guest:hunter2@[::1/"),
        ("MIN_WORKERS", "-1"),
        ("MAX_WORKERS", "0"),
        ("MAX_WORKERS", "many"),
        ("PORT", "65536"),
        ("POLLING_INTERVAL", "0"),
        ("FLEET", "airship"),
        ("DEVICE", "toaster"),
        ("BATCH_SIZE", "0"),
        ("LOG_FORMAT", "xml"),
        ("EXIT_AFTER_ONE_TASK", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, name, value):
    """Who set it knows at once what to change; a password in it stays unsaid."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} in the environment ") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


def test_a_wrong_value_in_the_file_is_said_to_be_there(tmp_path):
    """Who looks for it looks in the right place."""
    (tmp_path / ".env").write_text("PORT=none\n")
    with pytest.raises(SettingsError, match=r"PORT in \.env "):
        load_settings()


def test_an_empty_value_means_unset(monkeypatch):
    """`NAME=` in a manifest is the default."""
    for name in ("RABBITMQ_URL", "PORT", "DEVICE", "MAX_WORKERS"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.rabbitmq_url, settings.port, settings.device) == (None, 8501, None)


def test_an_object_store_needs_its_keys(monkeypatch):
    """A store without its keys is found out at the start, not at the first picture."""
    monkeypatch.setenv("MINIO_ENDPOINT", "localhost:9000")
    with pytest.raises(SettingsError, match="MINIO_ACCESS_KEY and MINIO_SECRET_KEY"):
        load_settings()


def test_fewer_workers_at_most_than_at_least_is_refused(monkeypatch):
    """Two settings that contradict each other are both named."""
    monkeypatch.setenv("MIN_WORKERS", "3")
    with pytest.raises(SettingsError, match="MIN_WORKERS must not exceed MAX_WORKERS"):
        load_settings()


@pytest.mark.parametrize(
    ("written", "meant"),
    [("GPU", "cuda"), ("CPU", "cpu"), ("cuda", "cuda"), ("mps", "mps"), ("Cpu", "cpu")],
)
def test_the_older_samples_devices_are_understood(monkeypatch, written, meant):
    """GPU and CPU mean what they meant."""
    monkeypatch.setenv("DEVICE", written)
    assert load_settings().device == meant


def test_secrets_are_masked(monkeypatch):
    """Showing or logging the settings shows no password."""
    monkeypatch.setenv("RABBITMQ_URL", "amqp://guest:hunter2@localhost")
    monkeypatch.setenv("RABBITMQ_MANAGEMENT_URL", "http://guest:hunter2@localhost")
    monkeypatch.setenv("MINIO_ENDPOINT", "localhost:9000")
    monkeypatch.setenv("MINIO_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("MINIO_SECRET_KEY", "hunter2")
    settings = load_settings()
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in str(settings.model_dump())
    assert "hunter2" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("fleet", "url", "pod", "who"),
    [
        ("auto", "", False, "local"),
        ("auto", "", True, "local"),
        ("auto", "amqp://localhost", False, "none"),
        ("auto", "amqp://localhost", True, "kubernetes"),
        ("local", "amqp://localhost", True, "local"),
        ("kubernetes", "amqp://localhost", False, "kubernetes"),
        ("none", "", True, "none"),
    ],
)
def test_who_runs_the_workers(monkeypatch, fleet, url, pod, who):
    """Where a cluster or a person runs the workers, the dashboard starts none by itself."""
    monkeypatch.setenv("FLEET", fleet)
    monkeypatch.setenv("RABBITMQ_URL", url)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if pod:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert load_settings().fleet_kind == who
    assert load_settings().local_fleet is (who == "local")
