"""Tests of pages while a source is unavailable: it is named, and the rest works."""

import socket
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.browser.studio_page import StudioPage
from tests.support.conditions import free_port
from tests.support.dashboard_server import Dashboard
from tests.support.store_away import store_away


def test_new_page_shows_how_to_submit(dashboard: Dashboard, open_page: Callable[..., Page]):
    """Without any job or picture, the page shows how to get one."""
    studio = StudioPage(open_page(dashboard.url))
    expect(studio.page.get_by_text("No requests yet.")).to_be_visible()
    expect(studio.page.get_by_text("No pictures yet.")).to_be_visible()
    expect(studio.page.get_by_role("heading", name="Stable Diffusion, live")).to_be_visible()


def test_unavailable_store_is_named_and_the_rest_works(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Without its store the page names it, counts requests, and recovers without a reload."""
    worker = ScriptedWorker(dashboard.data_dir)
    studio = StudioPage(open_page(dashboard.url))
    with store_away(dashboard.data_dir / "pictures"):
        expect(studio.page.get_by_text("store: no reading since")).to_be_visible()
        studio.generate("in the meantime")
        expect(studio.card("in the meantime")).to_contain_text("in queue")
    worker.generate()
    expect(studio.card("in the meantime")).to_contain_text("done")
    expect(studio.page.get_by_text("store: no reading since")).to_have_count(0)
    worker.close()


def test_page_lives_while_a_queue_hangs(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Beside a broker that accepts connections and says nothing, the page goes on at once."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        port = broker.getsockname()[1]
        dashboard = start_dashboard(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{port}/")
        studio = StudioPage(open_page(dashboard.url))
        studio.generate("a patient cat")
        expect(studio.answer).to_contain_text("Sending: the queue has not confirmed")
        store = studio.page.locator(".pill[data-source=store]")
        age = store.text_content()
        expect(store).not_to_have_text(age)
        expect(studio.answer).to_contain_text("Sending: ")
        expect(studio.answer).to_contain_text("Your text is still here", timeout=60_000)
        expect(studio.answer).not_to_contain_text("Sending: ")
        expect(studio.prompt).to_have_value("a patient cat")


def test_unavailable_queue_is_named_and_the_text_is_kept(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without its queue the page opens, shows unknown and not zero, and keeps the prompt."""
    dashboard = start_dashboard(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    studio = StudioPage(open_page(dashboard.url))
    expect(studio.page.get_by_text("queue: no reading yet")).to_be_visible()
    expect(studio.page.locator(".numbers b").first).to_have_text("unknown")
    studio.generate("a patient cat")
    expect(studio.answer).to_be_visible()
    expect(studio.prompt).to_have_value("a patient cat")
    expect(studio.page.locator(".stException")).to_have_count(0)
