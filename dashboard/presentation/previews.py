"""Previews of pictures in progress, for pages."""

from base64 import b64encode

from dashboard.domain.jobs import PicturePreview


def source(preview: PicturePreview) -> str:
    """Return the ``data:`` URL of a preview, which was validated when it was received."""
    return f"data:image/webp;base64,{b64encode(preview.file).decode()}"
