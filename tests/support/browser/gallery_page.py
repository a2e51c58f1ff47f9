"""Page object of the Gallery."""

from playwright.sync_api import Locator, Page


class GalleryPage:
    """The Gallery, once it is drawn."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(".gallery-bar").wait_for()

    @property
    def tiles(self) -> Locator:
        """Return the pictures."""
        return self.page.locator(".tile:visible")

    @property
    def dialog(self) -> Locator:
        """Return the open dialog."""
        return self.page.get_by_role("dialog")

    @property
    def picture(self) -> Locator:
        """Return the picture in the dialog."""
        return self.page.locator(".picture-viewer img")

    @property
    def summary(self) -> Locator:
        """Return the line that counts the pictures."""
        return self.page.locator(".gallery-bar .summary")

    @property
    def new_pictures(self) -> Locator:
        """Return the button that counts new pictures."""
        return self.page.locator(".gallery-bar .news")

    def tile(self, prompt: str) -> Locator:
        """Find the tile of a picture."""
        return self.tiles.filter(has=self.page.get_by_alt_text(prompt, exact=True))

    def button(self, name: str) -> Locator:
        """Find a button by its label."""
        return self.page.get_by_role("button", name=name, exact=True)

    def search(self, text: str) -> None:
        """Type into the search field and press Enter."""
        field = self.page.get_by_label("Search words in prompts")
        field.fill(text)
        field.press("Enter")
