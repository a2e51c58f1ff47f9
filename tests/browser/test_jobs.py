"""Tests of the Jobs page in Chromium, with a scripted worker."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.layout_shifts import shifts, watch
from tests.support.browser.screen_sizes import on_screens, wait_until_fits
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.chromium import dismissed_alerts
from tests.support.conditions import free_port, wait_until
from tests.support.dashboard_server import Dashboard
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.sqlite import SqliteQueue
from wire.sqlite.file import FILE_NAME

MANY = 110
HOSTILE = "<img src=x onerror=alert(1)> **bold** \u202eleft"

_IS_STYLED = "() => getComputedStyle(document.body).getPropertyValue('--requests') !== ''"


class JobsPage:
    """Page object of the Jobs page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(".st-key-card_jobs .section-title").wait_for()

    @property
    def rows(self) -> Locator:
        """Return the rows of the job list."""
        return self.page.locator("table.jobs tbody tr")

    @property
    def letters(self) -> Locator:
        """Return the dead letters."""
        return self.page.locator("table.letters tbody tr")

    @property
    def dialog(self) -> Locator:
        """Return the open drawer or dialog."""
        return self.page.get_by_role("dialog")

    def row(self, prompt: str) -> Locator:
        """Return a job's row."""
        return self.rows.filter(has_text=prompt)

    def button(self, name: str) -> Locator:
        """Return a button by its label."""
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def jobs(open_page: Callable[..., Page], shared_dashboard: Dashboard) -> JobsPage:
    """Open the Jobs page of the shared dashboard."""
    return JobsPage(open_page(f"{shared_dashboard.url}/jobs"))


def test_empty_page_shows_how_to_submit(dashboard: Dashboard, open_page: Callable[..., Page]):
    """Without any job the page explains how to submit one; the dead-letter queue is empty."""
    page = JobsPage(open_page(f"{dashboard.url}/jobs"))
    expect(page.page.get_by_text("No jobs yet.")).to_be_visible()
    expect(page.page.get_by_text("The dead-letter queue is empty")).to_be_visible()


def test_row_follows_a_job_with_its_time_breakdown(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A row follows its job; its details open by keyboard and by link, with the prompt as text."""
    with dismissed_alerts(jobs.page) as alerts:
        shared_dashboard.submit(HOSTILE, 2)
        row = jobs.row(HOSTILE)
        expect(row).to_contain_text("waiting")
        delivery = worker.receive()
        worker.store(delivery, 0)
        expect(row).to_contain_text("1 of 2")
        worker.store(delivery, 1)
        worker.finish(delivery)
        expect(row).to_contain_text("done")
        expect(row.get_by_role("img")).to_have_attribute(
            "aria-label", re.compile("in queue .*generating")
        )
        row.get_by_role("link").focus()
        jobs.page.keyboard.press("Enter")
        for text in (HOSTILE, "worker-1", "2 of 2", "generating"):
            expect(jobs.dialog).to_contain_text(text)
        expect(jobs.dialog.get_by_role("img", name=HOSTILE)).to_have_count(2)
        jobs.page.wait_for_url(re.compile(f"job={delivery.job.id}"))
        link = jobs.page.url
        jobs.page.keyboard.press("Escape")
        expect(jobs.dialog).to_have_count(0)
        jobs.page.goto(link)
        expect(jobs.dialog).to_contain_text(HOSTILE)
    assert alerts == []


def test_card_and_picture_link_to_their_job(
    open_page: Callable[..., Page], shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """The Studio's card and a picture's details open the job's details, in the same session."""
    shared_dashboard.submit("a linked job")
    worker.generate()
    page = open_page(shared_dashboard.url)
    page.locator(".job").filter(has_text="a linked job").get_by_role("link").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Where the time went")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Studio").click()
    page.locator(".tile:visible").first.click()
    page.get_by_role("button", name="Job details").click()
    expect(drawer).to_contain_text("Where the time went")
    expect(drawer).to_contain_text("a linked job")


def test_link_to_an_unknown_job_shows_a_note(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """An address may name anything: an unknown id shows a sentence."""
    for name in (new_job(JobRequest(prompt="x")).id, "../secrets"):
        page = JobsPage(open_page(f"{shared_dashboard.url}/jobs?job={name}"))
        expect(page.dialog).to_contain_text("There is no job with this id.")
        expect(page.page.locator(".stException")).to_have_count(0)


def test_row_buttons_cancel_and_retry(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A row's button cancels or retries its job."""
    shared_dashboard.submit("a wrong prompt")
    jobs.row("a wrong prompt").get_by_role("button", name="Cancel").click()
    expect(jobs.row("a wrong prompt")).to_contain_text("cancelled")
    worker.receive()
    shared_dashboard.submit("a failed cat")
    worker.fail(worker.receive(), "The disk is full.")
    expect(jobs.letters.filter(has_text="a failed cat")).to_contain_text("The disk is full.")
    jobs.row("a failed cat").get_by_role("button", name="Retry").click()
    expect(jobs.row("a failed cat")).to_contain_text("waiting")
    expect(jobs.letters.filter(has_text="a failed cat")).to_have_count(0)
    worker.generate()


def test_presenter_pauses_the_queue_and_moves_a_job_to_its_front(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """While the queue is paused the page says so; the job in front is generated first."""
    shared_dashboard.submit("a patient cat")
    shared_dashboard.submit("an urgent cat")
    jobs.button("Pause queue").click()
    expect(jobs.page.get_by_text("The queue is paused", exact=True)).to_be_visible()
    jobs.row("an urgent cat").get_by_role("button", name="To front").click()
    with closing(sqlite3.connect(shared_dashboard.data_dir / FILE_NAME)) as file:
        in_front = "SELECT max(in_front) FROM jobs"
        wait_until(lambda: file.execute(in_front).fetchone() == (1,), what="a job in front")
    jobs.button("Resume queue").click()
    expect(jobs.button("Pause queue")).to_be_visible()
    expect(jobs.page.get_by_text("The queue is paused", exact=True)).to_have_count(0)
    assert worker.generate().prompt == "an urgent cat"
    assert worker.generate().prompt == "a patient cat"


def test_dead_letters_can_be_retried_and_deleted(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A dead letter is shown as text; it is retried at a click and deleted after a second one.

    All are retried at once, too; the message about it leaves the page's style as it is.
    """
    shared_dashboard.submit("to be retried")
    shared_dashboard.submit(f"to be deleted {HOSTILE}")
    for _ in range(2):
        worker.fail(worker.receive(), "It is <too> large.")
    deleted, retried = (
        jobs.letters.filter(has_text="deleted"),
        jobs.letters.filter(has_text="retried"),
    )
    expect(deleted).to_contain_text(HOSTILE)
    expect(deleted).to_contain_text("It is <too> large.")
    deleted.get_by_role("button").click()
    jobs.dialog.get_by_role("button", name="Delete\u2026").click()
    expect(jobs.page.get_by_text("This cannot be undone.")).to_be_visible()
    jobs.button("Delete permanently").click()
    expect(deleted).to_have_count(0)
    expect(jobs.dialog).to_have_count(0)
    retried.get_by_role("button").click()
    jobs.dialog.get_by_role("button", name="Retry").click()
    expect(jobs.row("to be retried")).to_contain_text("waiting")
    expect(retried).to_have_count(0)
    worker.fail(worker.receive(), "It is still too large.")
    jobs.button("Retry all").click()
    jobs.button("Retry all now").click()
    expect(jobs.page.get_by_test_id("stToast")).to_contain_text("requeued")
    assert jobs.page.evaluate(_IS_STYLED)
    worker.generate()


def test_message_that_is_no_job_cannot_be_retried(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A message that is no job can only be viewed and deleted."""
    queue = SqliteQueue(shared_dashboard.data_dir)
    with queue._file.transaction() as connection:
        connection.execute("INSERT INTO jobs (body) VALUES (?)", (b'<b onclick="x">no JSON',))
    shared_dashboard.submit("a cat behind it")
    worker.generate()
    jobs.letters.filter(has_text='<b onclick="x">no JSON').get_by_role("button").click()
    expect(jobs.dialog).to_contain_text("The message is not JSON.")
    expect(jobs.dialog.get_by_role("button", name="Retry")).to_have_count(0)
    queue.close()


def test_address_keeps_the_filters(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """State and words filter the jobs, and a link opens with the same filters."""
    for prompt in ("a green whale", "a green owl", "a blue owl"):
        shared_dashboard.submit(prompt)
    worker.generate()
    jobs.page.get_by_label("Words of the prompt").fill("owl GREEN")
    expect(jobs.rows).to_have_count(1)
    jobs.page.get_by_text("Waiting", exact=True).click()
    expect(jobs.rows).to_have_count(1)
    jobs.page.wait_for_url(re.compile(r"(?=.*state=Waiting)(?=.*words=owl)"))
    jobs.page.reload()
    expect(jobs.row("a green owl")).to_be_visible()
    expect(jobs.rows).to_have_count(1)
    jobs.page.get_by_text("Done", exact=True).click()
    expect(jobs.page.get_by_text("No job matches.")).to_be_visible()
    for _ in range(2):
        worker.generate()


def test_updates_of_a_long_list_shift_no_layout(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """An update of a long list shifts nothing and keeps the focus; the list can be cleared."""
    events = SqliteEvents(dashboard.data_dir)
    for number in range(MANY):
        job = new_job(JobRequest(prompt=f"picture number {number}"))
        events.publish(Event(kind="accepted", job_id=job.id, job=job))
    jobs = JobsPage(open_page(f"{dashboard.url}/jobs?page=2"))
    expect(jobs.rows).to_have_count(50)
    row = jobs.row("picture number 45")
    link = row.get_by_role("link")
    link.focus()
    watch(jobs.page)
    took = row.locator("td.took")
    for _ in range(3):
        before = took.inner_text()
        expect(took).not_to_have_text(before)
    assert shifts(jobs.page) == []
    assert link.evaluate("link => link === document.activeElement")
    jobs.button("Clear").click()
    jobs.button("Cancel all waiting").click()
    expect(jobs.page.get_by_text(f"{MANY} requests cancelled")).to_be_visible()
    jobs.button("Clear finished").click()
    expect(jobs.page.get_by_text("No jobs yet.")).to_be_visible()
    events.close()


def test_unavailable_queue_is_shown_as_unknown(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without its queue the page opens, and dead letters are unknown instead of none."""
    dashboard = start_dashboard(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    page = JobsPage(open_page(f"{dashboard.url}/jobs"))
    expect(page.page.locator(".st-key-card_letters")).to_contain_text("Unknown: no reading yet.")
    expect(page.page.locator(".stException")).to_have_count(0)


def test_back_leads_to_the_earlier_filter(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """Each state and each typed word is one step of the browser's history."""
    page = open_page(f"{shared_dashboard.url}/jobs")
    words = page.get_by_label("Words of the prompt")
    states = page.get_by_role("radiogroup", name="State")
    states.get_by_role("radio", name="Failed").click()
    page.wait_for_url("**/jobs?state=Failed")
    words.press_sequentially("cat")
    page.wait_for_url("**/jobs?state=Failed&words=cat")
    page.go_back()
    expect(words).to_have_value("")
    expect(states.get_by_role("radio", name="Failed")).to_be_checked()
    page.go_back()
    expect(states.get_by_role("radio", name="All")).to_be_checked()


def test_page_fits_its_width(shared_dashboard: Dashboard, open_page: Callable[..., Page]):
    """No width makes the page or its lists scroll sideways."""
    jobs = JobsPage(open_page(f"{shared_dashboard.url}/jobs", width=820))
    for _ in on_screens(jobs.page, [(820, 1180), (390, 844)]):
        wait_until_fits(jobs.page, ".stMain", ".st-key-card_jobs", ".st-key-card_letters")
