"""Settings are read from the environment, validated, and mask secrets."""

import errno
from pathlib import Path

import huggingface_hub
import pytest

from core.api_keys import parse_api_keys
from core.errors import SettingsError
from core.settings import Settings, load_settings
from worker import command


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch, tmp_path):
    """Hide the settings of this machine."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_select_the_local_mode():
    """Without any setting, queue and store are local."""
    settings = load_settings()
    assert settings.rabbitmq_url is None
    assert settings.minio_endpoint is None
    assert settings.data_dir == Path("data")
    assert settings.local_fleet


def test_environment_overrides_the_file(monkeypatch, tmp_path):
    """A single run can override values of .env."""
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
def test_invalid_value_names_its_variable(monkeypatch, name, value):
    """The error names the variable, and does not contain its password."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} in the environment ") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


def test_invalid_value_in_the_file_names_the_file(tmp_path):
    """The error names .env as the source."""
    (tmp_path / ".env").write_text("PORT=none\n")
    with pytest.raises(SettingsError, match=r"PORT in \.env "):
        load_settings()


def test_file_in_another_encoding_is_a_sentence(tmp_path):
    """A file in UTF-16, as PowerShell writes it, ends the start with what to do."""
    (tmp_path / ".env").write_text("PORT=9000\n", encoding="utf-16")
    with pytest.raises(SettingsError, match=r"\.env is not in UTF-8.* Save it "):
        load_settings()


def test_unreadable_file_is_a_sentence(monkeypatch, tmp_path):
    """A file of another user ends the start with its name and what to do."""
    (tmp_path / ".env").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", ".env")

    monkeypatch.setattr("dotenv.main.open", refuse, raising=False)
    with pytest.raises(SettingsError, match=r"\.env cannot be read: Permission denied"):
        load_settings()


def test_empty_value_means_default(monkeypatch):
    """`NAME=` in a manifest is the default."""
    for name in ("RABBITMQ_URL", "PORT", "DEVICE", "MAX_WORKERS"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.rabbitmq_url, settings.port, settings.device) == (None, 8501, None)


def test_object_store_requires_its_keys(monkeypatch):
    """Missing keys fail at the start, not at the first picture."""
    monkeypatch.setenv("MINIO_ENDPOINT", "localhost:9000")
    with pytest.raises(SettingsError, match="MINIO_ACCESS_KEY and MINIO_SECRET_KEY"):
        load_settings()


def test_minimum_above_maximum_is_refused(monkeypatch):
    """The error names both contradicting settings."""
    monkeypatch.setenv("MIN_WORKERS", "3")
    monkeypatch.setenv("MAX_WORKERS", "2")
    with pytest.raises(SettingsError, match="MIN_WORKERS must not exceed MAX_WORKERS"):
        load_settings()


@pytest.mark.parametrize(
    ("value", "device"),
    [("GPU", "cuda"), ("CPU", "cpu"), ("cuda", "cuda"), ("mps", "mps"), ("Cpu", "cpu")],
)
def test_device_names_of_the_older_sample_are_accepted(monkeypatch, value, device):
    """GPU and CPU are mapped to PyTorch's names."""
    monkeypatch.setenv("DEVICE", value)
    assert load_settings().device == device


def test_secrets_are_masked(monkeypatch):
    """Printed or logged settings contain no password."""
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
    ("fleet", "url", "in_pod", "kind"),
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
def test_fleet_kind(monkeypatch, fleet, url, in_pod, kind):
    """The dashboard starts workers only for a local fleet."""
    monkeypatch.setenv("FLEET", fleet)
    monkeypatch.setenv("RABBITMQ_URL", url)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    if in_pod:
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    assert load_settings().fleet_kind == kind
    assert load_settings().local_fleet is (kind == "local")


def test_hub_token_in_the_file_reaches_huggingface_hub(tmp_path, monkeypatch):
    """A worker finds the HF_TOKEN of .env, and settings never show it."""
    monkeypatch.setenv("HF_TOKEN", "")  # so that it is removed after the test
    monkeypatch.delenv("HF_TOKEN")
    (tmp_path / ".env").write_text("HF_TOKEN=hf_secret\n")
    settings = load_settings()
    assert "hf_secret" not in repr(settings)
    command._export_hub_token(settings)
    assert huggingface_hub.get_token() == "hf_secret"


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("localhost:9000", "MyImages"),
        ("localhost:9000", "my_images"),
        ("localhost:9000", "ab"),
        ("localhost:9000", "a" * 64),
        ("localhost:9000", "-images"),
        ("localhost:9000", "images-"),
        ("localhost:9000", "a..b"),
        ("localhost:9000", "a/b"),
        ("localhost:9000", "192.168.0.1"),
        ("localhost:9000", "bücher"),
        ("storage.googleapis.com", "My_images"),
    ],
)
def test_impossible_bucket_is_refused_with_the_rule(monkeypatch, endpoint: str, name: str):
    """A name that no store accepts stops the start; it would be retried forever."""
    monkeypatch.setenv("MINIO_ENDPOINT", endpoint)
    monkeypatch.setenv("MINIO_ACCESS_KEY", "key")
    monkeypatch.setenv("MINIO_SECRET_KEY", "secret")
    monkeypatch.setenv("MINIO_BUCKET", name)
    with pytest.raises(SettingsError, match=r"MINIO_BUCKET .* 3 to 63 lowercase letters"):
        load_settings()


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        ("localhost:9000", "images"),
        ("localhost:9000", "my-images.2026"),
        ("storage.googleapis.com", "my_images"),
    ],
)
def test_possible_bucket_is_accepted(monkeypatch, endpoint: str, name: str):
    """Names that some store accepts are no error."""
    monkeypatch.setenv("MINIO_ENDPOINT", endpoint)
    monkeypatch.setenv("MINIO_ACCESS_KEY", "key")
    monkeypatch.setenv("MINIO_SECRET_KEY", "secret")
    monkeypatch.setenv("MINIO_BUCKET", name)
    assert load_settings().minio_bucket == name


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("http://localhost:9000", "without http://; MINIO_SECURE=true"),
        ("https://localhost", "without http://; MINIO_SECURE=true"),
        ("localhost:9000/path", "without a path"),
        ("::1:9000", "brackets around an IPv6 address"),
        ("localhost:many", "must be host:port"),
        ("key:hunter2@localhost:9000", "must"),
    ],
)
def test_impossible_endpoint_is_refused(monkeypatch, endpoint: str, sentence: str):
    """The sentence says how the endpoint is written, and shows nothing of it."""
    monkeypatch.setenv("MINIO_ENDPOINT", endpoint)
    with pytest.raises(SettingsError, match=f"MINIO_ENDPOINT in the .*{sentence}") as raised:
        load_settings()
    assert "hunter2" not in str(raised.value)


def test_identity_of_the_pod_needs_no_keys(monkeypatch):
    """A pod with a web identity (IRSA) has no keys; one key alone is still a mistake."""
    monkeypatch.setenv("MINIO_ENDPOINT", "s3.eu-west-1.amazonaws.com")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token")
    assert load_settings().minio_access_key is None
    monkeypatch.setenv("MINIO_ACCESS_KEY", "key")
    with pytest.raises(SettingsError, match="MINIO_ACCESS_KEY and MINIO_SECRET_KEY"):
        load_settings()


@pytest.mark.parametrize("name", ["RABBITMQ_URL", "RABBITMQ_MANAGEMENT_URL"])
@pytest.mark.parametrize("password", ["hunter#2", "hunter/2", "hunter?2", "hunter%2"])
def test_raw_password_is_explained_without_it(monkeypatch, name: str, password: str):
    """A password that ends the host part early is not shown, and is not taken for a host."""
    monkeypatch.setenv(name, f"amqp://live:{password}@broker:5672/")
    with pytest.raises(SettingsError, match=f"{name} .*percent-encode the password") as raised:
        load_settings()
    assert "hunter" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("webui:3f9c0a7d52e1", {"webui"}),
        (" webui:3f9c0a7d52e1 , ci.nightly-2:a:b==:cd+/ ", {"webui", "ci.nightly-2"}),
        ("", set()),
    ],
)
def test_keys_of_programs(text: str, names: set[str]):
    """API_KEYS names the keys of programs; a key may contain what generators of keys write."""
    settings = Settings(_env_file=None, api_keys=text)
    assert set(parse_api_keys(settings.api_keys)) == names
    assert "3f9c" not in repr(settings)


@pytest.mark.parametrize(
    "text",
    [
        "secret-key",
        "webui:short",
        "web ui:3f9c0a7d52e1",
        "a:3f9c0a7d,a:5e6f7a8b",
        "a:3f9c0a7d,b:3f9c0a7d",
    ],
)
def test_wrong_keys_of_programs_are_not_shown(monkeypatch: pytest.MonkeyPatch, text: str):
    """A mistake in API_KEYS stops the start with a sentence that contains no key."""
    monkeypatch.setenv("API_KEYS", text)
    with pytest.raises(SettingsError, match="API_KEYS") as error:
        load_settings()
    assert not any(part in str(error.value) for part in ("secret", "short", "3f9c0a7d,", "5e6f"))
