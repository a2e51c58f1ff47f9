"""Settings, read from the environment and `.env` once at the start of a process.

A test checks that the table of the documentation and `.env.example` list every field with
its ``description``.
"""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.api_keys import ApiKeys
from core.errors import SettingsError
from core.network.urls import PERCENT_ENCODE, is_raw
from core.store_settings import check_bucket, check_endpoint, find_identity
from core.validation import first_error
from core.web_settings import BasePath, HostNames, Network, Networks, networks, split

_DEVICES = {"gpu": "cuda", "cpu": "cpu", "cuda": "cuda", "mps": "mps"}


class Settings(BaseSettings):
    """All settings. Secrets are masked when printed."""

    model_config = SettingsConfigDict(
        env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    rabbitmq_url: SecretStr | None = Field(
        None, description="`amqp://user:password@host:5672/vhost`; unset: a queue in SQLite"
    )
    rabbitmq_management_url: SecretStr | None = Field(
        None,
        description="`http://user:password@host:15672`; unset: the same host and user, port 15672",
    )
    minio_endpoint: str | None = Field(
        None, description="`host:9000` of MinIO or any S3; unset: a folder"
    )
    minio_access_key: SecretStr | None = Field(
        None,
        description="access key of the store; unset: the identity of the pod or machine, or "
        "`AWS_ACCESS_KEY_ID`, as the AWS SDKs find it",
    )
    minio_secret_key: SecretStr | None = Field(None, description="secret key of the store")
    minio_session_token: SecretStr | None = Field(
        None, description="session token, if the keys are temporary ones"
    )
    minio_bucket: str = Field(
        "images", description="bucket of the pictures; created if missing and the key may do so"
    )
    minio_secure: bool = Field(False, description="`true` for https")
    minio_region: str | None = Field(None, description="region, if the store needs one")
    hf_token: SecretStr | None = Field(
        None, description="token of the hub, for gated and private models"
    )

    data_dir: Path = Field(Path("data"), description="folder of the local queue and store")
    fleet: Literal["auto", "local", "kubernetes", "none"] = Field(
        "auto",
        description="what starts the workers: this dashboard (`local`), KEDA (`kubernetes`) or you "
        "(`none`); `auto`: local with the SQLite queue, kubernetes in a pod, else none",
    )
    kube_namespace: str = Field(
        "stable-diffusion", description="namespace of the workers that KEDA scales"
    )
    scaler_name: str = Field(
        "worker", description="name of the ScaledObject or ScaledJob of the workers"
    )
    min_workers: Annotated[int, Field(ge=0)] = Field(
        0, description="minimum number of local workers"
    )
    max_workers: Annotated[int, Field(ge=1)] | None = Field(
        None, description="maximum number of local workers; unset: one per GPU, 2 without GPUs"
    )
    jobs_per_worker: Annotated[int, Field(ge=1)] = Field(
        1, description="jobs per local worker that the supervisor aims at"
    )
    max_waiting_jobs: Annotated[int, Field(ge=1)] = Field(
        10_000, description="jobs that may wait on the queue; further ones are refused"
    )
    max_ready_jobs: Annotated[int, Field(ge=1)] = Field(
        100,
        description="waiting jobs on RabbitMQ that workers may receive: KEDA sees at most these "
        "plus those in progress; further ones wait for their submitters' turns",
    )
    openai_wait_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        540,
        description="seconds that a request to `/v1/images/generations` may wait for its pictures; "
        "OpenAI's clients wait 600",
    )
    polling_interval: Annotated[float, Field(gt=0)] = Field(
        1, description="seconds between two polls of the queue by the local supervisor"
    )
    cooldown_period: Annotated[float, Field(ge=0)] = Field(
        60, description="seconds without jobs before the last local worker stops"
    )

    gpu_hour_price: Annotated[float, Field(ge=0)] | None = Field(
        None,
        description="price of one GPU hour, or of one worker hour without GPUs; unset: pages show "
        "hours only",
    )
    currency: Annotated[str, Field(max_length=8)] = Field(
        "$", description="currency shown before a price"
    )

    model_id: str = Field(
        "models/demo",
        description="a diffusers pipeline: hub name, `name@revision`, folder, or `.safetensors` "
        "checkpoint",
    )
    device: str | None = Field(
        None, description="`cuda`, `mps` or `cpu` (or `GPU`, `CPU`); unset: the best available"
    )
    dtype: Literal["float16", "bfloat16", "float32"] | None = Field(
        None,
        description="`float16`, `bfloat16` or `float32`, the numbers that the model computes with; "
        "unset: those that its family was published for; on a CPU the faster of float32 and "
        "bfloat16",
    )
    quantize: Literal["bitsandbytes_4bit", "bitsandbytes_8bit", "torchao_int8"] | None = Field(
        None,
        description="`bitsandbytes_4bit`, `bitsandbytes_8bit` or `torchao_int8`: fewer bits per "
        "weight, for GPUs with little memory; unset: none",
    )
    safety_checker: bool = Field(
        True, description="`false`: load the model without its safety checker"
    )
    previews: bool = Field(
        True,
        description="`false`: do not show pictures while they are generated; there are no previews "
        "with a safety checker either",
    )
    vae: str | None = Field(
        None,
        description="`tiny`: decode with the tiny VAE of the model's family (TAESD), faster and "
        "with less detail; or the folder or hub name of one; unset: the model's own",
    )
    compile: bool = Field(
        False,
        description="`true`: compile the denoiser in the background while the uncompiled one "
        "serves; needs a C compiler",
    )
    batch_size: Annotated[int, Field(ge=1, le=64)] | None = Field(
        None,
        description="pictures generated per pipeline call; unset: 4 on a GPU, 1 on a CPU, doubled "
        "while memory and time allow",
    )
    lora_dir: Path | None = Field(
        None, description="folder of `.safetensors` LoRAs that jobs may use; unset: none"
    )
    loras: str | None = Field(
        None,
        description="hub names of LoRAs that jobs may use, separated by commas: `owner/name`, or "
        "`owner/name/file.safetensors`; unset: none",
    )
    exit_after_one_task: bool = Field(
        False, description="`1`: a worker exits after one job, or after a minute without one"
    )
    grace_period: Annotated[float, Field(ge=0)] = Field(
        10, description="seconds that a worker has to finish its jobs after SIGTERM"
    )
    worker_port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="port of a worker's `/healthz` and `/metrics`; unset: none"
    )
    worker_name: str | None = Field(
        None, description="name of the worker; unset: its pod, or host name and process id"
    )
    pod_name: str | None = Field(None, description="set by the manifests")
    node_name: str | None = Field(None, description="set by the manifests")

    log_format: Literal["text", "json"] = Field("text", description="`text` or `json` log lines")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8501, description="the dashboard's port")
    presenter_key: Annotated[SecretStr, Field(min_length=8)] | None = Field(
        None,
        description="password of presenters, who may delete, approve and purge; unset: everybody "
        "may, or the presenters in `secrets.toml`",
    )
    api_keys: ApiKeys = Field(
        None,
        description="keys of programs, `name:key`, separated by commas: only with one, or with "
        "`PRESENTER_KEY`, may a program submit, cancel and star; unset: as the pages allow",
    )
    replay: Path | None = Field(None, description="recording to play instead of a live run")

    public_url: str | None = Field(
        None,
        description="URL at which visitors reach the dashboard, for Present's QR code; unset: the "
        "URL at which Present was opened",
    )
    base_path: BasePath = Field(
        None,
        validate_default=True,
        description="path below which everything is served, such as `/live`; unset: "
        "`STREAMLIT_SERVER_BASE_URL_PATH`, else none",
    )
    trusted_proxies: Networks = Field(
        None,
        description="addresses or networks of the proxies in front, separated by commas, such as "
        "`10.244.0.0/16`: only they may name the client, in `X-Forwarded-For` or `Forwarded`",
    )
    allowed_hosts: HostNames = Field(
        None,
        description="host names of the dashboard, separated by commas, such as "
        "`live.example.org` or `*.example.org`; that of `PUBLIC_URL` is known; `*`: any",
    )
    join_approval: bool = Field(
        False,
        description="`true`: pictures that no presenter requested need the presenter's approval; "
        "the Approve page overrides it",
    )
    chaos: bool = Field(
        False,
        description="`true`: presenters may inject faults: kill a worker, drain a node, pause the "
        "scaler, cut the queue; needs `PRESENTER_KEY` or a login",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _empty_means_unset(cls, value: object, info: ValidationInfo) -> object:
        # `NAME=` in a .env file or a manifest means the default.
        if value == "" and info.field_name:
            return cls.model_fields[info.field_name].default
        return value

    @field_validator("rabbitmq_url")
    @classmethod
    def _is_amqp(cls, url: SecretStr | None) -> SecretStr | None:
        if url and _scheme(url.get_secret_value()) not in ("amqp", "amqps"):
            raise ValueError("must start with amqp:// or amqps://, and be a URL")
        return url

    @field_validator("rabbitmq_url", "rabbitmq_management_url")
    @classmethod
    def _has_an_encoded_password(cls, url: SecretStr | None) -> SecretStr | None:
        if url and is_raw(url.get_secret_value()):
            raise ValueError(f"is not valid: {PERCENT_ENCODE}")
        return url

    @field_validator("minio_endpoint")
    @classmethod
    def _is_host_and_port(cls, endpoint: str | None) -> str | None:
        if endpoint:
            check_endpoint(endpoint)
        return endpoint

    @field_validator("minio_bucket")
    @classmethod
    def _is_bucket_name(cls, name: str, info: ValidationInfo) -> str:
        check_bucket(name, info.data.get("minio_endpoint"))
        return name

    @field_validator("public_url")
    @classmethod
    def _is_web_address(cls, url: str | None) -> str | None:
        if url and _scheme(url) not in ("http", "https"):
            raise ValueError("must start with http:// or https://, and be a URL")
        return url

    @field_validator("loras")
    @classmethod
    def _are_hub_names(cls, names: str | None) -> str | None:
        if any("/" not in name for name in (names or "").split(",") if name.strip()):
            raise ValueError("must be names such as owner/name, separated by commas")
        return names

    @field_validator("device")
    @classmethod
    def _known_device(cls, name: str | None) -> str | None:
        if name is not None and name.lower() not in _DEVICES:
            raise ValueError("must be cuda, mps or cpu")
        return _DEVICES[name.lower()] if name else None

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        keys = (self.minio_access_key, self.minio_secret_key)
        has_identity = self.minio_endpoint and not any(keys) and find_identity(self.minio_endpoint)
        if self.minio_endpoint and not all(keys) and not has_identity:
            raise ValueError(
                "MINIO_ACCESS_KEY and MINIO_SECRET_KEY must be set with MINIO_ENDPOINT"
            )
        if self.max_workers and self.min_workers > self.max_workers:
            raise ValueError("MIN_WORKERS must not exceed MAX_WORKERS")
        return self

    @property
    def lora_names(self) -> tuple[str, ...]:
        """The names in ``loras``."""
        return split(self.loras)

    @property
    def proxy_networks(self) -> tuple[Network, ...]:
        """The networks in ``trusted_proxies``."""
        return networks(self.trusted_proxies)

    @property
    def host_patterns(self) -> tuple[str, ...]:
        """The names and patterns in ``allowed_hosts``."""
        return split(self.allowed_hosts)

    @property
    def fleet_kind(self) -> Literal["local", "kubernetes", "none"]:
        """The value of ``fleet``, with ``auto`` resolved for this environment."""
        if self.fleet != "auto":
            return self.fleet
        if self.rabbitmq_url is None:
            return "local"
        return "kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else "none"

    @property
    def local_fleet(self) -> bool:
        """Whether the dashboard starts workers as local processes."""
        return self.fleet_kind == "local"


def _scheme(url: str) -> str:
    try:
        return urlsplit(url).scheme
    except ValueError:  # such as an IPv6 address without its closing bracket
        return ""


def load_settings() -> Settings:
    """Read the settings; raises SettingsError, which names the invalid variable or file."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    except UnicodeDecodeError:
        raise SettingsError(".env is not in UTF-8. Save it in that encoding.") from None
    except OSError as error:
        raise SettingsError(
            f"{error.filename} cannot be read: {error.strerror}. Check its owner and permissions."
        ) from None


def _sentence(error: ValidationError) -> str:
    field, reason = first_error(error)
    if not field:
        return f"The settings do not fit together: {reason}."
    variable = field.upper()
    source = "the environment" if variable in os.environ else ".env"
    return f"{variable} in {source} {reason}."
