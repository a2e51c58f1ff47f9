"""Documents agree with the code that they describe."""

import ast
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

from core.settings import Settings
from dashboard.runtime.submission import SubmitRequest
from dashboard.talk import scenes as talk

ROOT = Path(__file__).parents[2]


def settings_table() -> str:
    """Return the settings as the table in docs/settings.md."""
    rows = [
        f"| `{name.upper()}` | {_format_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| name | default | meaning |", "|---|---|---|", *rows])


def _format_default(default: object) -> str:
    return "" if default is None else f"`{str(default).lower()}`"


def test_settings_page_lists_every_setting() -> None:
    """docs/settings.md lists every setting, with its default and meaning."""
    assert settings_table() in (ROOT / "docs" / "settings.md").read_text()


def parameters_table() -> str:
    """Return the fields of a request as the table in docs/api.md."""
    schemas = SubmitRequest.model_json_schema()["properties"]
    rows = [
        f"| `{name}` | {_format_limits(schema)} | {schema['description']} |"
        for name, schema in schemas.items()
        if "description" in schema
    ]
    return "\n".join(["| field | value | meaning |", "|---|---|---|", *rows])


def _format_limits(schema: dict[str, Any]) -> str:
    value = schema.get("anyOf", [schema])[0]
    if "maxLength" in value:
        return f"text, up to {value['maxLength']} characters"
    if "maxItems" in value:
        return f"list of `name` and `weight`, up to {value['maxItems']}"
    if value["type"] not in ("integer", "number"):
        return {"string": "text", "boolean": "`true` or `false`"}[value["type"]]
    low = value["minimum"]
    high = value.get("maximum", value.get("exclusiveMaximum", 0) - 1)
    return f"{value['type']}, {low} to {high}"


def test_api_page_lists_every_field() -> None:
    """docs/api.md lists every field of a request, with its limits and meaning."""
    assert parameters_table() in (ROOT / "docs" / "api.md").read_text()


def scenes_list() -> str:
    """Return the scenes of the talk as the list in docs/talk.md."""
    scenes = (
        f"{number}. **{scene.title}** ({scene.minutes:g} min). {scene.notes.strip()}"
        for number, scene in enumerate(talk.scenes(), start=1)
    )
    return "\n".join(
        textwrap.fill(scene, 98, subsequent_indent="   ", break_on_hyphens=False)
        for scene in scenes
    )


def test_talk_page_lists_every_scene() -> None:
    """docs/talk.md lists the scenes that Present and the remote show."""
    assert scenes_list() in (ROOT / "docs" / "talk.md").read_text()


def test_env_example_lists_every_setting() -> None:
    """The file .env.example has every setting, commented out."""
    names = re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert names == [name.upper() for name in Settings.model_fields]


def test_make_help_lists_every_target() -> None:
    """`make help` has a line for every public target."""
    make_help = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True).stdout
    targets = re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert all(f"make {target} " in make_help for target in targets)


def test_make_clean_removes_what_make_builds() -> None:
    """`make clean` leaves neither the site nor the lists of contents of another version."""
    command = ["make", "--dry-run", "clean"]
    cleaned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"site", "dist"} <= set(cleaned.split())


def test_documents_name_only_targets_that_exist() -> None:
    """Every `make …` that README and docs show in a code block or as code is a target."""
    ours = (page for page in ROOT.glob("docs/*.md") if page.stem != "from-the-old-sample")
    pages = "\n".join(page.read_text() for page in (ROOT / "README.md", *ours))
    command = r"(?:^    |`)(?:[A-Z_]+=\S* )*make ([a-z][a-z-]*[a-z])(?![a-z-])"
    shown = set(re.findall(command, pages, re.MULTILINE))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert shown <= targets


def test_every_test_has_a_docstring() -> None:
    """Every test states its promise, so that a failure shows which promise is broken."""
    undocumented = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not undocumented


def test_versions_are_exact() -> None:
    """Every requirement pins a version, so that two installs are the same."""
    lines = [
        line
        for path in ROOT.rglob("requirements.txt")
        if ".venv" not in path.parts
        for line in path.read_text().splitlines()
        if line and not line.startswith(("#", "-r"))
    ]
    assert lines
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9.]+(; .+)?", line) for line in lines)
