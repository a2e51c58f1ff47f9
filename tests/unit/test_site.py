"""The documentation as a site: complete, without broken links, and from one host."""

import re
from pathlib import Path
from typing import Any

import pytest
from mkdocs.exceptions import Abort

from tests.support.site import CONFIG, build
from tools import site_links

_LOADED = re.compile(
    r'<(?:script|img|source|iframe|link)\b[^>]*\s(?:src|srcset|href)="([^"]+)"', re.DOTALL
)
_SOURCE = re.compile(r"\s*(- |\d+\. |\||>|```|!!!|.*\]\()")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as `make docs` does."""
    return build(tmp_path_factory.mktemp("site"))


def _pages(site: Path) -> dict[str, str]:
    return {str(page.relative_to(site)): page.read_text() for page in site.rglob("*.html")}


def test_site_has_every_document(site: Path) -> None:
    """Every page of docs/ and the documents beside it are built, with no warning at all."""
    documents = {path.stem for path in (CONFIG.parent / "docs").glob("*.md")}
    named = {path.removesuffix(".md").replace("README", "index") for path in site_links.PAGES}
    assert {f"{name}.html" for name in documents | named} <= set(_pages(site))


def test_site_loads_nothing_from_other_hosts(site: Path) -> None:
    """No page loads a script, style sheet, font or picture from elsewhere."""
    loaded = (
        r'<(?:script|img|source|iframe)\b[^>]*\bsrc(?:set)?="([^"]+)|<link\b[^>]*\bhref="([^"]+)'
    )
    addresses = {
        first or second
        for text in _pages(site).values()
        for first, second in re.findall(loaded, text)
    }
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    addresses |= set(re.findall(r"url\([\"']?((?:https?:)?//[^)]+)", styles))
    assert not [each for each in addresses if re.match(r"(https?:)?//", each)]


def test_lists_and_tables_are_rendered_as_such(site: Path) -> None:
    """No list, table or link shows as its source, as those that Python-Markdown ends early do."""
    sources = {
        name: [line for line in _prose(text).splitlines() if _SOURCE.match(line)]
        for name, text in _pages(site).items()
    }
    assert not {name: lines for name, lines in sources.items() if lines}


def _prose(page: str) -> str:
    """Return the text of an article without its code."""
    article = page.partition("<article")[2].partition("</article>")[0]
    return re.sub(r"<[^>]+>", "", re.sub(r"<(pre|code)\b.*?</\1>", "", article, flags=re.DOTALL))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[nothing](nothing.md)", "nothing.md"),
        ("[nothing](index.md#nowhere)", "nowhere"),
        ("[nothing](../k8s/nothing.yaml)", "k8s/nothing.yaml"),
    ],
)
def test_broken_link_fails_the_build(
    text: str, message: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A link to a page, a heading or a file that does not exist is an error that names it."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(f"# A page\n\n{text}\n")
    with pytest.raises(Abort):
        build(tmp_path / "site", docs_dir=str(docs), nav=["index.md", *site_links.PAGES])
    assert message in caplog.text


def test_page_outside_the_navigation_fails_the_build(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A page that no menu lists is an error that names it; in a menu it is none."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("index", "forgotten"):
        (docs / f"{name}.md").write_text("# A page\n")
    small: dict[str, Any] = {"docs_dir": str(docs), "hooks": []}
    with pytest.raises(Abort):
        build(tmp_path / "site", nav=["index.md"], **small)
    assert "forgotten.md" in caplog.text
    build(tmp_path / "site", nav=["index.md", "forgotten.md"], **small)


def test_every_picture_is_shown(site: Path) -> None:
    """No picture of docs/ is left that neither the site nor the README shows."""
    shown = "".join(_pages(site).values()) + (CONFIG.parent / "README.md").read_text()
    pictures = [
        path.name
        for path in (CONFIG.parent / "docs").rglob("*")
        if path.suffix in (".webp", ".png", ".svg")
    ]
    assert pictures
    assert not [name for name in pictures if name not in shown]


def test_links_between_documents_stay_within_the_site() -> None:
    """Links out of docs/, into it and within it name the same file in the site."""
    page = "[a](../SECURITY.md#users), [b](api.md), [c](../k8s/gpu-operator/values.yaml)"
    within = "[a](SECURITY.md#users), [b](api.md), [c](k8s/gpu-operator/values.yaml)"
    assert site_links.within_site(page, is_in_docs=True) == within
    assert site_links.linked_files(page) == ["SECURITY.md", "k8s/gpu-operator/values.yaml"]
    card = "[d](docs/running.md#behind-a-proxy), [e](../../docs/models.md)"
    moved = "[d](running.md#behind-a-proxy), [e](../../models.md)"
    assert site_links.within_site(card, is_in_docs=False) == moved
