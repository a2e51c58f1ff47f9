"""Models of the hub: what is downloaded, and one sentence for each way it can fail."""

import re
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from core.errors import ModelUnavailable
from tests.support.fake_hub import FakeHub, save_index, serve
from tests.support.tiny.unets import stable_diffusion
from worker.pipeline.hub_errors import explain
from worker.pipeline.load import load
from worker.pipeline.read import LoadOptions
from worker.pipeline.tiny_vae import _read

_GATED = {"X-Error-Code": "GatedRepo"}
_NO_SUCH = {"X-Error-Code": "RepoNotFound"}
_WRONG_TOKEN = {"X-Error-Message": "Invalid credentials in Authorization header"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hub = FakeHub("owner/name", tmp_path / "files")
    save_index(hub.folder)
    with serve(hub, tmp_path / "cache", monkeypatch):
        yield hub


@pytest.mark.parametrize(
    ("status", "headers", "token", "sentence"),
    [
        (401, _GATED, None, r"is gated. Accept its licence at https://.*/owner/name, then set HF"),
        (403, _GATED, "hf_x", r"is gated, and the account of HF_TOKEN has no access"),
        (401, _WRONG_TOKEN, "hf_x", r"The hub refused the token for owner/name. Check HF_TOKEN"),
        (404, _NO_SUCH, None, r"There is no folder owner/name, and the hub has no model of that"),
        (429, {}, None, r"The hub limits the requests \(HTTP 429\) and did so on each retry"),
        (503, {}, None, r"The hub is busy \(HTTP 503\) and did so on each retry"),
        (404, {"X-Error-Code": "RevisionNotFound"}, None, r"has no such revision on the hub"),
    ],
)
def test_each_failure_of_the_hub_has_its_sentence(
    hub: FakeHub, monkeypatch, status: int, headers: dict, token: str | None, sentence: str
):
    """The sentence names the cause and what to do, and not a cache."""
    hub.fails_always = (status, headers)
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(ModelUnavailable, match=sentence) as raised:
        load("owner/name", "cpu")
    assert "cached" not in str(raised.value)


def test_unreachable_hub_has_its_sentence(hub: FakeHub):
    """Offline and not in the cache: what to check."""
    hub.offline = True
    with pytest.raises(ModelUnavailable, match="The hub cannot be reached, and owner/name is not"):
        load("owner/name", "cpu")


def test_repository_without_index_is_no_pipeline(hub: FakeHub):
    """A repository of something else than a diffusers pipeline is named as such."""
    (hub.folder / "model_index.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"owner/name on the hub has no model_index\.json"):
        load("owner/name", "cpu")


@pytest.mark.usefixtures("hub")
def test_repository_without_a_vae_names_its_setting():
    """A wrong VAE is not reported as a wrong model: the sentence has its file and setting."""
    with pytest.raises(ModelUnavailable) as raised:
        _read("owner/name", torch.float32)
    assert str(raised.value) == "The model owner/name on the hub has no config.json. Check VAE."


@pytest.mark.parametrize(
    "path",
    ["./models/nothing", "models/nothing", "/models/nothing", "a/b/c", "nothing.safetensors"],
)
def test_path_is_not_looked_up_on_the_hub(hub: FakeHub, path: str):
    """A misspelled folder, such as one beside models/demo, is missing; no request is made."""
    hub.offline = True
    with pytest.raises(ModelUnavailable, match=f"There is no folder or file {path}. Check MODEL"):
        load(path, "cpu")


def test_one_variant_is_downloaded_after_a_busy_hub_and_then_cached(hub: FakeHub):
    """503 is retried; only the fitting variant is fetched; the next start needs no network."""
    torch.manual_seed(0)
    pipeline = StableDiffusionPipeline(**stable_diffusion())
    pipeline.save_pretrained(hub.folder)
    pipeline.to(torch.float16).save_pretrained(hub.folder, variant="fp16")
    (hub.folder / "name.safetensors").write_bytes(b"a checkpoint for other programs")
    hub.failures = [(503, {}), (429, {})]
    generator = load("owner/name", "cpu", LoadOptions(dtype="float16"))
    assert generator.model.model_id == "owner/name"
    weights = [name for name in hub.downloaded if name.endswith(".safetensors")]
    assert sorted(weights) == [
        "text_encoder/model.fp16.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]
    hub.offline = True
    assert load("owner/name", "cpu").model.capabilities.family == "StableDiffusionPipeline"


def test_revision_is_loaded(hub: FakeHub):
    """`name@revision` loads that revision."""
    hub.revision = "v2"
    StableDiffusionPipeline(**stable_diffusion()).save_pretrained(hub.folder)
    assert load("owner/name@v2", "cpu").model.model_id == "owner/name@v2"
    with pytest.raises(ModelUnavailable):
        load("owner/name", "cpu")


def test_sentence_has_no_secrets():
    """Neither a token nor the signed address of a file is logged."""
    error = OSError("Illegal header value b'Bearer hf_abc123' for https://cdn.example/x?sig=1")
    sentence = explain(error, "owner/model", token_sent=True)
    assert "Illegal header value" in sentence
    assert not re.search("hf_|sig=", sentence)
