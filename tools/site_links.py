"""Let the site's pages link to files outside docs/: a hook of mkdocs.yml.

On a code host `docs/operations.md` links to `../SECURITY.md`. In the site, docs/ is the root, and
the files elsewhere that its pages link to are beside them, at their own paths.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
ICON = "dashboard/static/favicon.png"
PAGES = (
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "charts/stable-diffusion-live/README.md",
    "models/demo/README.md",
)
"""Documents outside docs/ that are pages of the site."""

_OUT_OF_DOCS = re.compile(r"\]\(\.\./([^)#]+)")
_INTO_DOCS = re.compile(r"\]\(((?:\.\./)*)docs/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/: documents, the icon, and files that pages link to."""
    texts = [page.content_string for page in files.documentation_pages()]
    linked = {path for text in texts for path in linked_files(text)}
    for path in sorted({ICON, *PAGES, *linked}):
        if (ROOT / path).is_file():
            files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(
    markdown: str,
    page: Page,
    config: MkDocsConfig,  # noqa: ARG001 - MkDocs passes them by name
    files: Files,  # noqa: ARG001
) -> str:
    """Make links relative to the site's root."""
    return within_site(markdown, is_in_docs=page.file.src_uri not in PAGES)


def linked_files(markdown: str) -> list[str]:
    """Return the paths outside docs/ that a page of docs/ links to."""
    return _OUT_OF_DOCS.findall(markdown)


def within_site(markdown: str, is_in_docs: bool) -> str:
    """Return a document whose links leave docs/ out, into it and out of it."""
    if is_in_docs:
        return _OUT_OF_DOCS.sub(r"](\1", markdown)
    return _INTO_DOCS.sub(r"](\1", markdown)
