"""Build the documentation's site."""

from pathlib import Path
from typing import Any

from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config

CONFIG = Path(__file__).parents[2] / "mkdocs.yml"


def build(folder: Path, **overrides: Any) -> Path:
    """Build the site into a folder, strictly; settings of mkdocs.yml can be overridden."""
    config = load_config(str(CONFIG), strict=True, site_dir=str(folder), **overrides)
    config.plugins.on_startup(command="build", dirty=False)
    try:
        build_site(config)
    finally:
        config.plugins.on_shutdown()
    return folder
