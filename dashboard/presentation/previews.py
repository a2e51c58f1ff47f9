"""Previews of pictures in progress, for pages."""

from dashboard.domain.jobs import PicturePreview
from dashboard.presentation.urls import data_url


def source(preview: PicturePreview) -> str:
    """Return the ``data:`` URL of a preview, which was validated when it was received."""
    return data_url(preview.file, "image/webp")
