"""The Studio as tests see it: what a person would call its parts."""

from playwright.sync_api import Locator, Page

from tests.support.browser import layout_shifts

_WATCH_PLOT = """() => {
  window.plot = document.querySelector(".live-plot");
  window.drawn = 0;
  window.plot.on("plotly_afterplot", () => { window.drawn += 1; });
}"""


class StudioPage:
    """A page that has been drawn once."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.drawn()

    def drawn(self) -> None:
        """Wait until the last part of the page is there."""
        self.page.locator(".js-plotly-plot .annotation").first.wait_for()

    @property
    def prompt(self) -> Locator:
        """Return the field for the prompt."""
        return self.page.get_by_label("Describe a picture")

    @property
    def answer(self) -> Locator:
        """Return what the form says to a request that it did not send."""
        return self.page.get_by_role("alert").filter(has_text="text is still here")

    @property
    def tiles(self) -> Locator:
        """Return the newest pictures."""
        return self.page.locator(".tile:visible")

    @property
    def dialog(self) -> Locator:
        """Return the dialog that is open."""
        return self.page.get_by_role("dialog")

    def card(self, prompt: str) -> Locator:
        """Find the card of a job."""
        return self.page.locator(".job").filter(has_text=prompt)

    def generate(self, prompt: str) -> None:
        """Type a prompt and press Paint."""
        self.prompt.fill(prompt)
        self.page.get_by_role("button", name="Paint", exact=True).click()

    def watch(self) -> None:
        """From now on, count layout shifts and redraws of the chart."""
        layout_shifts.watch(self.page)
        self.page.evaluate(_WATCH_PLOT)

    def wait_for_redraws(self, number: int) -> None:
        """Wait for some ticks of the page."""
        self.page.evaluate("window.drawn = 0")
        self.page.wait_for_function(f"window.drawn >= {number}")

    @property
    def shifts(self) -> list:
        """Return the layout shifts since ``watch``, each with what moved."""
        return layout_shifts.shifts(self.page)

    @property
    def same_plot(self) -> bool:
        """Tell whether the chart is still the element that ``watch`` saw."""
        return self.page.evaluate(
            "window.plot.isConnected && window.plot === document.querySelector('.live-plot')"
        )

    def text_colour_of_chart(self) -> str:
        """Return the colour of some text on the chart, as the browser writes it."""
        return self.page.evaluate("document.querySelector('.annotation-text').style.fill")
