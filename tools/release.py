"""Set or check the version of a release, and its registry, in every file that has them.

`CHANGELOG.md` is in the form of https://keepachangelog.com: what is below ``## [Unreleased]``
becomes the section of the release.
"""

import argparse
import datetime
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHANGELOG = "CHANGELOG.md"

_VERSION = r"\d+\.\d+\.\d+(?:-rc\.\d+)?"
_NAME = "stable-diffusion-live"
_SETTINGS = "k8s/settings/kustomization.yaml"
_MENTIONS = (rf"{_NAME} --version ({_VERSION})", rf"\?ref=v({_VERSION})")
# Path patterns, and regular expressions whose group is the version.
_FIELDS = {
    "pyproject.toml": (rf'^version = "({_VERSION})"$',),
    _SETTINGS: (rf"/{_NAME}-[a-z]+\n +newTag: ({_VERSION})",),
    f"charts/{_NAME}/Chart.yaml": (rf'^(?:appVersion|version): "?({_VERSION})',),
    f"charts/{_NAME}/README.md": (rf"\b(?:App)?Version(?:: |-)({_VERSION})", *_MENTIONS),
    "README.md": _MENTIONS,
    "docs/**/*.md": _MENTIONS,
}
_REQUIRED = ("pyproject.toml", _SETTINGS, f"charts/{_NAME}/Chart.yaml")
# Domain of the owner before the first release; RFC 2606 keeps it from ever existing.
_PLACEHOLDER = ".invalid"
_WITH_IMAGES = ("k8s/**/*.yaml", f"charts/{_NAME}/**/*.yaml")
_WITH_REGISTRY = (*_WITH_IMAGES, f"charts/{_NAME}/**/*.md*", "README.md", "docs/**/*.md")


@dataclass(frozen=True)
class Mention:
    """A version or a registry in a file, as `file:line` and its value."""

    position: str
    value: str


def main() -> None:
    """Set, check or print a release."""
    arguments = _parse_arguments()
    version: str = arguments.version.removeprefix("v")
    if not version:
        sys.exit("Usage: make release VERSION=1.2.3 REGISTRY=ghcr.io/OWNER")
    if not re.fullmatch(_VERSION, version):
        sys.exit(f"{version} is not a version: 1.2.3 or 1.2.3-rc.1 is.")
    if arguments.notes:
        print(section((ROOT / CHANGELOG).read_text(), version))
    elif arguments.check:
        sys.exit("\n".join(differences(ROOT, version, arguments.registry)) or None)
    else:
        set_release(ROOT, version, arguments.registry, datetime.date.today())
        print(f"The files have version {version}. Commit them, then push the tag v{version}.")


def set_release(root: Path, version: str, registry: str | None, today: datetime.date) -> None:
    """Write version, date and registry into the files."""
    previous = registry_of(root)
    if not registry and _PLACEHOLDER in previous:
        sys.exit("The files name no registry yet: add REGISTRY=ghcr.io/OWNER. Nothing was changed.")
    changelog = root / CHANGELOG
    changelog.write_text(with_release(changelog.read_text(), version, today))
    for pattern, expressions in _FIELDS.items():
        for path in root.glob(pattern):
            path.write_text(with_version(path.read_text(), expressions, version))
    if registry:
        for path in _files(root, *_WITH_REGISTRY):
            path.write_text(with_registry(path.read_text(), previous, registry))


def with_version(text: str, expressions: tuple[str, ...], version: str) -> str:
    """Return a text with another version where the expressions find one."""
    for expression in expressions:
        text = re.sub(
            expression, lambda match: match[0].replace(match[1], version), text, flags=re.M
        )
    return text


def with_registry(text: str, previous: str, registry: str) -> str:
    """Return a text with another registry; on GHCR, its owner is the repository's, too."""
    text = text.replace(f"{previous}/", f"{registry}/")
    old, new = (each.replace("ghcr.io/", "github.com/", 1) for each in (previous, registry))
    return text.replace(f"{old}/", f"{new}/") if new != registry else text


def with_release(changelog: str, version: str, today: datetime.date) -> str:
    """Return a changelog in which the unreleased changes are those of a version."""
    if re.search(_heading(version), changelog, re.M):
        return changelog
    unreleased = "## [Unreleased]\n"
    if unreleased not in changelog:
        sys.exit(f"{CHANGELOG} has no line '## [Unreleased]'. Nothing was changed.")
    return changelog.replace(unreleased, f"{unreleased}\n## [{version}] - {today}\n", 1)


def section(changelog: str, version: str) -> str:
    """Return the section of a version in a changelog."""
    match = re.search(rf"{_heading(version)}\n(.*?)(?=^## |\Z)", changelog, re.M | re.S)
    if not match:
        sys.exit(f"{CHANGELOG} has no line '## [{version}] - YYYY-MM-DD'.")
    return match[1].strip()


def differences(root: Path, version: str, registry: str | None = None) -> list[str]:
    """Return what in the files is not of this version and registry, and what to do."""
    found = list(_differences(root, version, registry))
    command = f"make release VERSION={version} REGISTRY={registry or 'ghcr.io/OWNER'}"
    return [*found, f"Run: {command}"] if found else []


def _differences(root: Path, version: str, registry: str | None) -> Iterator[str]:
    found = list(versions(root))
    for mention in found:
        if mention.value != version:
            yield f"{mention.position} has {mention.value}, not {version}."
    for path in _REQUIRED:
        if not any(mention.position.startswith(path) for mention in found):
            yield f"{path} names no version."
    if not re.search(_heading(version), (root / CHANGELOG).read_text(), re.M):
        yield f"{CHANGELOG} has no line '## [{version}] - YYYY-MM-DD'."
    for mention in registries(root) if registry else ():
        if mention.value != registry:
            yield f"{mention.position} has the registry {mention.value}, not {registry}."


def versions(root: Path) -> Iterator[Mention]:
    """Find every version that a release sets."""
    for pattern, expressions in _FIELDS.items():
        for path in root.glob(pattern):
            for expression in expressions:
                yield from _find(root, path, expression)


def registries(root: Path) -> Iterator[Mention]:
    """Find where each image of manifests and chart is published."""
    image = rf"([\w.-]+(?::\d+)?(?:/[\w.-]+)*?)/{_NAME}-(?:ui|worker|model)\b"
    for path in _files(root, *_WITH_IMAGES):
        yield from _find(root, path, image)


def registry_of(root: Path) -> str:
    """Return where the images of k8s/settings are published."""
    for mention in _find(root, root / _SETTINGS, rf"newName: (\S+)/{_NAME}-ui$"):
        return mention.value
    sys.exit(f"{_SETTINGS} has no newName that ends in /{_NAME}-ui. Nothing was changed.")


def _find(root: Path, path: Path, expression: str) -> Iterator[Mention]:
    text = path.read_text()
    for match in re.finditer(expression, text, re.M):
        line = text.count("\n", 0, match.start(1)) + 1
        yield Mention(f"{path.relative_to(root)}:{line}", match[1])


def _files(root: Path, *patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in root.glob(pattern) if path.is_file()]


def _heading(version: str) -> str:
    return rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$"


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Set the version of a release in every file.")
    parser.add_argument("version", help="1.2.3, or the tag v1.2.3")
    # Registries accept no capitals, which names of owners on GitHub may have.
    parser.add_argument(
        "--registry", type=str.lower, help="where the images are published: ghcr.io/OWNER"
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="fail where a file has another version")
    mode.add_argument("--notes", action="store_true", help="print its section of the changelog")
    return parser.parse_args()


if __name__ == "__main__":
    main()
