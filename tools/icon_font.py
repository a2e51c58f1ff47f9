"""Cut Streamlit's icon font down to the icons that Streamlit itself names.

The whole font is a fifth of what a first visit loads. Run ``python -m tools.icon_font`` after an
upgrade of Streamlit; a test compares the result with the installed version.
"""

import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from streamlit.file_util import get_static_dir

from dashboard.routes.smaller_files import ICON_FONT

_STREAMLIT = Path(get_static_dir()).parent
_ICON = re.compile(r":material/([a-z0-9_]+):")


def main() -> None:
    """Write the smaller font."""
    [whole] = _STREAMLIT.glob("static/static/media/MaterialSymbols-Rounded.*.woff2")
    font = TTFont(whole)
    glyphs = ligatures(font)
    options = subset.Options(layout_features=["liga", "rlig"], layout_closure=False, flavor="woff2")
    cutter = subset.Subsetter(options)
    names = named_icons() & glyphs.keys()
    cutter.populate(text="".join(names), glyphs=[glyphs[name] for name in names])
    cutter.subset(font)
    subset.save_font(font, ICON_FONT, options)


def named_icons() -> set[str]:
    """Return the icons that the scripts and the Python code of Streamlit name."""
    files = (*_STREAMLIT.glob("static/static/js/*.js"), *_STREAMLIT.glob("**/*.py"))
    return {name for path in files for name in _ICON.findall(path.read_text(encoding="utf-8"))}


def ligatures(font: TTFont) -> dict[str, str]:
    """Return the glyph of each icon by its name, which the font draws as one ligature."""
    character = {glyph: chr(code) for code, glyph in font.getBestCmap().items()}
    found = {}
    for lookup in font["GSUB"].table.LookupList.Lookup:
        for table in lookup.SubTable:
            table = getattr(table, "ExtSubTable", table)
            for first, ligature_set in getattr(table, "ligatures", {}).items():
                for ligature in ligature_set:
                    parts = (first, *ligature.Component)
                    if all(part in character for part in parts):
                        found["".join(character[part] for part in parts)] = ligature.LigGlyph
    return found


if __name__ == "__main__":
    main()
