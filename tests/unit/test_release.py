"""`make release`: the version, date and registry of a release in every file that has them."""

import datetime
import shutil
from pathlib import Path

import pytest

from tools import release

TODAY = datetime.date(2027, 1, 31)
CHANGELOG = """\
# Changelog

## [Unreleased]

- A new page.

## [0.2.0] - 2026-11-29

- An older page.
- Its settings.
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Copy the files that a release changes."""
    for name in ("k8s/settings", "charts"):
        shutil.copytree(release.ROOT / name, tmp_path / name)
    shutil.copy(release.ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    registry = release.registry_of(tmp_path)
    (tmp_path / "README.md").write_text(
        f"helm install live oci://{registry}/charts/stable-diffusion-live --version 0.2.0\n"
        "helm install keda kedacore/keda --version 2.21.0\n"
        f"https://{registry.replace('ghcr.io', 'github.com')}/stable-diffusion-live\n"
    )
    return tmp_path


def test_files_of_this_repository_agree() -> None:
    """Whoever installs a chart or an overlay of this commit gets the images of this commit."""
    (version,) = {mention.value for mention in release.versions(release.ROOT)}
    assert release.differences(release.ROOT, version) == []


def test_release_sets_every_file(files: Path) -> None:
    """After the command, all files have the version and the registry, and the check passes."""
    assert release.differences(files, "0.3.0", "ghcr.io/someone")
    previous = release.registry_of(files)
    release.set_release(files, "0.3.0", "ghcr.io/someone", TODAY)
    assert release.differences(files, "0.3.0", "ghcr.io/someone") == []
    settings = (files / "k8s/settings/kustomization.yaml").read_text()
    assert "newName: ghcr.io/someone/stable-diffusion-live-ui\n    newTag: 0.3.0\n" in settings
    assert "newTag: 0.3.0-cpu\n" in settings
    assert "newTag: 4.3.6-management\n" in settings, "other images stay"
    for path in [path for path in files.rglob("*") if path.is_file()]:
        assert previous not in path.read_text(), path
    readme = (files / "README.md").read_text().splitlines()
    assert readme[0].endswith("oci://ghcr.io/someone/charts/stable-diffusion-live --version 0.3.0")
    assert readme[1].endswith("--version 2.21.0"), "other charts stay"
    assert readme[2] == "https://github.com/someone/stable-diffusion-live"


def test_second_run_changes_nothing(files: Path) -> None:
    """The command may be repeated: the date in the changelog stays, and so does the registry."""
    release.set_release(files, "0.3.0", "ghcr.io/someone", TODAY)
    once = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    release.set_release(files, "0.3.0", None, TODAY + datetime.timedelta(days=1))
    assert {path: path.read_bytes() for path in once} == once


def test_first_release_needs_a_registry(files: Path) -> None:
    """No tag is made whose files name images that nobody publishes, and then no file is changed."""
    release.set_release(files, "0.3.0", "ghcr.io/owner.invalid", TODAY)
    before = {path: path.read_bytes() for path in files.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit, match=r"add REGISTRY=ghcr\.io/OWNER"):
        release.set_release(files, "0.4.0", None, TODAY)
    assert {path: path.read_bytes() for path in before} == before


def test_registry_is_written_in_lower_case(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An owner with capitals may be given as GitHub shows it; registries refuse capitals."""
    monkeypatch.setattr(release, "ROOT", files)
    monkeypatch.setattr("sys.argv", ["release", "0.3.0", "--registry", "ghcr.io/SomeOne"])
    release.main()
    assert "push the tag v0.3.0" in capsys.readouterr().out
    assert release.registry_of(files) == "ghcr.io/someone"


def test_missing_version_prints_the_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    """`make release` alone, which passes an empty version, says how it is called."""
    monkeypatch.setattr("sys.argv", ["release", ""])
    with pytest.raises(SystemExit, match=r"Usage: make release VERSION=1\.2\.3"):
        release.main()


def test_difference_names_its_line(files: Path) -> None:
    """A forgotten file is found before it is published, and the sentence says where."""
    release.set_release(files, "0.3.0", "ghcr.io/someone", TODAY)
    chart = files / "charts/stable-diffusion-live/Chart.yaml"
    chart.write_text(chart.read_text().replace('appVersion: "0.3.0"', 'appVersion: "0.2.0"'))
    differences = release.differences(files, "0.3.0")
    assert differences[0] == "charts/stable-diffusion-live/Chart.yaml:6 has 0.2.0, not 0.3.0."
    assert differences[-1] == "Run: make release VERSION=0.3.0 REGISTRY=ghcr.io/OWNER"
    assert len(differences) == 2


def test_one_image_of_another_registry_is_found(files: Path) -> None:
    """The chart may not take one of its images from elsewhere."""
    values = files / "charts/stable-diffusion-live/values.yaml"
    registry = release.registry_of(files)
    values.write_text(
        values.read_text().replace(
            f"{registry}/stable-diffusion-live-worker",
            "other.example/a/stable-diffusion-live-worker",
        )
    )
    found = release.differences(files, "0.2.0", registry)
    assert any(f"has the registry other.example/a, not {registry}" in each for each in found)


def test_unreleased_changes_become_the_release() -> None:
    """The notes of a release are what its section of the changelog says, and nothing else."""
    text = release.with_release(CHANGELOG, "0.3.0", TODAY)
    assert "## [Unreleased]\n\n## [0.3.0] - 2027-01-31\n\n- A new page.\n" in text
    assert release.section(text, "0.3.0") == "- A new page."
    assert release.section(text, "0.2.0") == "- An older page.\n- Its settings."


def test_changelog_without_unreleased_changes_is_refused(files: Path) -> None:
    """No release is made whose notes nobody wrote, and then no file is changed."""
    (files / "CHANGELOG.md").write_text("# Changelog\n")
    before = (files / "pyproject.toml").read_text()
    with pytest.raises(SystemExit, match=r"has no line '## \[Unreleased\]'"):
        release.set_release(files, "0.3.0", "ghcr.io/someone", TODAY)
    assert (files / "pyproject.toml").read_text() == before
    with pytest.raises(SystemExit, match=r"has no line '## \[0\.3\.0\]"):
        release.section("# Changelog\n", "0.3.0")
