"""Page object of the Studio."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.browser import layout_shifts

_WATCH_PLOT = """() => {
  window.plot = document.querySelector(".live-plot");
  window.drawn = 0;
  window.plot.on("plotly_afterplot", () => { window.drawn += 1; });
}"""


class StudioPage:
    """A Studio page that is fully rendered."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wait_until_rendered()

    def wait_until_rendered(self) -> None:
        """Wait for the element that is rendered last."""
        self.page.locator(".js-plotly-plot .annotation").first.wait_for()

    @property
    def prompt(self) -> Locator:
        """Return the prompt field."""
        return self.page.get_by_label("Describe a picture")

    @property
    def answer(self) -> Locator:
        """Return the form's error message about a request that was not sent."""
        return self.page.get_by_role("alert").filter(has_text="text is still here")

    @property
    def tiles(self) -> Locator:
        """Return the newest pictures."""
        return self.page.locator(".tile:visible")

    @property
    def dialog(self) -> Locator:
        """Return the open dialog."""
        return self.page.get_by_role("dialog")

    def card(self, prompt: str) -> Locator:
        """Return the card of a job."""
        return self.page.locator(".job").filter(has_text=prompt)

    def open_parameters(self) -> None:
        """Expand the list of parameters."""
        self.page.get_by_text("Parameters", exact=True).click()
        self.number("Steps").wait_for()

    def number(self, name: str) -> Locator:
        """Return a number field."""
        return self.page.get_by_role("spinbutton", name=name)

    def select(self, name: str, option: str) -> None:
        """Select an option of a list."""
        self.page.get_by_role("combobox", name=name).click()
        self.page.get_by_role("option", name=option, exact=True).click()

    def generate(self, prompt: str) -> None:
        """Type a prompt and press Generate."""
        self.prompt.fill(prompt)
        self.page.get_by_role("button", name="Generate", exact=True).click()

    def watch(self) -> None:
        """Start to record layout shifts and redraws of the chart."""
        layout_shifts.watch(self.page)
        self.page.evaluate(_WATCH_PLOT)

    def wait_for_redraws(self, count: int) -> None:
        """Wait for so many updates of the chart."""
        self.page.evaluate("window.drawn = 0")
        self.page.wait_for_function(f"() => window.drawn >= {count}")

    @property
    def shifts(self) -> list[Any]:
        """Return the layout shifts since ``watch``, each with the elements that moved."""
        return layout_shifts.shifts(self.page)

    @property
    def same_plot(self) -> bool:
        """Return whether the chart is still the same element as at ``watch``."""
        script = "window.plot.isConnected && window.plot === document.querySelector('.live-plot')"
        return bool(self.page.evaluate(script))

    def chart_text_colour(self) -> str:
        """Return the CSS colour of a text on the chart."""
        return str(self.page.evaluate("document.querySelector('.annotation-text').style.fill"))
