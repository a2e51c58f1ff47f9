"""The Jobs page in a real browser, with a worker that the test plays."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.layout_shifts import shifts, watch
from tests.support.browser.scripted_worker import ScriptedWorker
from tests.support.conditions import free_port
from tests.support.dashboard_server import Dashboard
from wire.events.sqlite import SqliteEvents
from wire.messages.event import Event
from wire.messages.job import JobRequest, new_job
from wire.queues.sqlite import SqliteQueue

MANY = 110
HOSTILE = "<img src=x onerror=alert(1)> **bold** \u202eleft"


class JobsPage:
    """The page as a person would name its parts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.locator(".st-key-card_jobs .section-title").wait_for()

    @property
    def rows(self) -> Locator:
        """Return the jobs of the list."""
        return self.page.locator("table.jobs tbody tr")

    @property
    def letters(self) -> Locator:
        """Return the dead letters."""
        return self.page.locator("table.letters tbody tr")

    @property
    def dialog(self) -> Locator:
        """Return the drawer or dialog that is open."""
        return self.page.get_by_role("dialog")

    def row(self, prompt: str) -> Locator:
        """Find a job."""
        return self.rows.filter(has_text=prompt)

    def button(self, name: str) -> Locator:
        """Find a button by what it says."""
        return self.page.get_by_role("button", name=name, exact=True)


@pytest.fixture
def jobs(open_page: Callable[..., Page], shared_dashboard: Dashboard) -> JobsPage:
    """Open the Jobs page of the shared dashboard."""
    return JobsPage(open_page(f"{shared_dashboard.url}/jobs"))


def test_empty_page_says_what_to_do(dashboard: Dashboard, open_page: Callable[..., Page]):
    """Without any job the page says how to get one, and that nothing is dead."""
    page = JobsPage(open_page(f"{dashboard.url}/jobs"))
    expect(page.page.get_by_text("No jobs yet.")).to_be_visible()
    expect(page.page.get_by_text("No dead letters")).to_be_visible()


def test_job_is_followed_with_where_its_time_went(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A row follows its job; by keyboard and by link its details open, typed text as text."""
    alerts = []
    jobs.page.on("dialog", lambda alert: (alerts.append(alert.message), alert.dismiss()))
    shared_dashboard.submit(HOSTILE, 2)
    row = jobs.row(HOSTILE)
    expect(row).to_contain_text("waiting")
    delivery = worker.receive()
    worker.store(delivery, 0)
    expect(row).to_contain_text("1 of 2")
    worker.store(delivery, 1)
    worker.finish(delivery)
    expect(row).to_contain_text("done")
    expect(row.get_by_role("img")).to_have_attribute("aria-label", re.compile("in line .*painting"))
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


def test_job_is_one_click_away_from_its_card_and_its_pictures(
    open_page: Callable[..., Page], shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """The Studio's card and a picture's details lead to the job, in the same session."""
    shared_dashboard.submit("a linked job")
    worker.generate()
    page = open_page(shared_dashboard.url)
    page.locator(".job").filter(has_text="a linked job").get_by_role("link").click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("Where the time went")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Studio").click()
    page.locator(".tile:visible").first.click()
    page.get_by_role("button", name="Its job").click()
    expect(drawer).to_contain_text("Where the time went")
    expect(drawer).to_contain_text("a linked job")


def test_link_to_a_job_that_is_gone_says_so(
    shared_dashboard: Dashboard, open_page: Callable[..., Page]
):
    """An address may name anything: what is no job is a sentence."""
    for name in (new_job(JobRequest(prompt="x")).id, "../secrets"):
        page = JobsPage(open_page(f"{shared_dashboard.url}/jobs?job={name}"))
        expect(page.dialog).to_contain_text("No job of that id is known here.")
        expect(page.page.locator(".stException")).to_have_count(0)


def test_rows_offer_what_can_be_done(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A row's job is cancelled, or tried again, by its button."""
    shared_dashboard.submit("a wrong wish")
    jobs.row("a wrong wish").get_by_role("button", name="Cancel").click()
    expect(jobs.row("a wrong wish")).to_contain_text("cancelled")
    worker.receive()
    shared_dashboard.submit("an unlucky one")
    worker.fail(worker.receive(), "The paint ran out.")
    expect(jobs.letters.filter(has_text="an unlucky one")).to_contain_text("The paint ran out.")
    jobs.row("an unlucky one").get_by_role("button", name="Try again").click()
    expect(jobs.row("an unlucky one")).to_contain_text("waiting")
    expect(jobs.letters.filter(has_text="an unlucky one")).to_have_count(0)
    worker.generate()


def test_dead_letters_are_read_retried_and_dropped(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """A dead letter is shown as text; one click tries it again, dropping asks first."""
    shared_dashboard.submit("to be retried")
    shared_dashboard.submit(f"to be dropped {HOSTILE}")
    for _ in range(2):
        worker.fail(worker.receive(), "It is <too> large.")
    dropped, retried = (
        jobs.letters.filter(has_text="dropped"),
        jobs.letters.filter(has_text="retried"),
    )
    expect(dropped).to_contain_text(HOSTILE)
    expect(dropped).to_contain_text("It is <too> large.")
    dropped.get_by_role("button").click()
    jobs.dialog.get_by_role("button", name="Drop\u2026").click()
    expect(jobs.page.get_by_text("It cannot be brought back.")).to_be_visible()
    jobs.button("Drop it for good").click()
    expect(dropped).to_have_count(0)
    expect(jobs.dialog).to_have_count(0)
    retried.get_by_role("button").click()
    jobs.dialog.get_by_role("button", name="Try again").click()
    expect(jobs.row("to be retried")).to_contain_text("waiting")
    expect(retried).to_have_count(0)
    worker.generate()


def test_message_that_is_no_job_cannot_be_tried_again(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """Bytes that somebody put on the queue can only be looked at and dropped."""
    queue = SqliteQueue(shared_dashboard.data_dir)
    with queue._file.transaction() as connection:
        connection.execute("INSERT INTO jobs (body) VALUES (?)", (b'<b onclick="x">no JSON',))
    shared_dashboard.submit("one behind it")
    worker.generate()
    jobs.letters.filter(has_text='<b onclick="x">no JSON').get_by_role("button").click()
    expect(jobs.dialog).to_contain_text("The message is not JSON.")
    expect(jobs.dialog.get_by_role("button", name="Try again")).to_have_count(0)
    queue.close()


def test_filters_are_kept_in_the_address(
    jobs: JobsPage, shared_dashboard: Dashboard, worker: ScriptedWorker
):
    """State and words choose among jobs, and a link shows the same choice."""
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


def test_nothing_moves_with_several_pages_of_jobs(
    dashboard: Dashboard, open_page: Callable[..., Page]
):
    """With a long list a tick shifts nothing and takes no focus; all of it can be cleared."""
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
    jobs.button("Cancel all that wait").click()
    expect(jobs.page.get_by_text(f"{MANY} requests cancelled")).to_be_visible()
    jobs.button("Forget finished jobs").click()
    expect(jobs.page.get_by_text("No jobs yet.")).to_be_visible()
    events.close()


def test_queue_that_is_away_is_a_sentence(
    start_dashboard: Callable[..., Dashboard], open_page: Callable[..., Page]
):
    """Without its queue the page opens, and dead letters are unknown instead of none."""
    dashboard = start_dashboard(RABBITMQ_URL=f"amqp://guest:guest@127.0.0.1:{free_port()}/")
    page = JobsPage(open_page(f"{dashboard.url}/jobs"))
    expect(page.page.locator(".st-key-card_letters")).to_contain_text("Unknown: no reading yet.")
    expect(page.page.locator(".stException")).to_have_count(0)


@pytest.mark.parametrize("width", [390, 820])
def test_page_fits_its_width(
    shared_dashboard: Dashboard, open_page: Callable[..., Page], width: int
):
    """No width makes the page or its lists scroll sideways."""
    jobs = JobsPage(open_page(f"{shared_dashboard.url}/jobs", width=width))
    for place in (".stMain", ".st-key-card_jobs", ".st-key-card_letters"):
        wide = jobs.page.locator(place).evaluate("box => box.scrollWidth - box.clientWidth")
        assert wide <= 0, place
