"""A hub that serves one pipeline, or fails in one of the ways that the real one does."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import huggingface_hub
import pytest

COMMIT = "a" * 40
_DEFAULT_FACTORY = huggingface_hub.utils._http.default_client_factory


@dataclass
class FakeHub:
    """Answers the requests of huggingface_hub for one repository."""

    repo: str
    folder: Path
    revision: str = "main"
    failures: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers of the next answers."""
    fails_always: tuple[int, dict[str, str]] | None = None
    offline: bool = False
    downloaded: list[str] = field(default_factory=list)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, or fail as told."""
        if self.offline:
            raise httpx2.ConnectError("Name or service not known", request=request)
        failure = self.failures.pop(0) if self.failures else self.fails_always
        if failure:
            return httpx2.Response(failure[0], headers=failure[1])
        path = request.url.path
        if path.startswith(f"/api/models/{self.repo}/tree/"):
            return httpx2.Response(200, json=[self._entry(name) for name in self._names()])
        if path in (
            f"/api/models/{self.repo}",
            f"/api/models/{self.repo}/revision/{self.revision}",
        ):
            siblings = [{"rfilename": name} for name in self._names()]
            return httpx2.Response(200, json={"id": self.repo, "sha": COMMIT, "siblings": siblings})
        for revision in (self.revision, COMMIT):
            prefix = f"/{self.repo}/resolve/{revision}/"
            if path.startswith(prefix):
                return self._file(path.removeprefix(prefix), request.method)
        return httpx2.Response(404, headers={"X-Error-Code": "RepoNotFound"})

    def _names(self) -> list[str]:
        return sorted(
            path.relative_to(self.folder).as_posix()
            for path in self.folder.rglob("*")
            if path.is_file()
        )

    def _entry(self, name: str) -> dict:
        size = (self.folder / name).stat().st_size
        return {"type": "file", "path": name, "size": size, "oid": self._hash(name)}

    def _hash(self, name: str) -> str:
        return hashlib.sha1((self.folder / name).read_bytes()).hexdigest()

    def _file(self, name: str, method: str) -> httpx2.Response:
        if not (self.folder / name).is_file():
            return httpx2.Response(404, headers={"X-Error-Code": "EntryNotFound"})
        content = (self.folder / name).read_bytes()
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{self._hash(name)}"'}
        if method == "HEAD":
            return httpx2.Response(200, headers={**headers, "Content-Length": str(len(content))})
        self.downloaded.append(name)
        return httpx2.Response(200, headers=headers, content=content)


@contextmanager
def serve(hub: FakeHub, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let huggingface_hub talk to ``hub``, with an empty cache and without pauses."""
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(cache / "token"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    transport = httpx2.MockTransport(hub.answer)
    huggingface_hub.set_client_factory(lambda: httpx2.Client(transport=transport))
    try:
        yield
    finally:
        huggingface_hub.set_client_factory(_DEFAULT_FACTORY)


def save_index(folder: Path, **components: list[str]) -> None:
    """Write a ``model_index.json`` of Stable Diffusion."""
    folder.mkdir(parents=True, exist_ok=True)
    index = {"_class_name": "StableDiffusionPipeline", **components}
    (folder / "model_index.json").write_text(json.dumps(index))
