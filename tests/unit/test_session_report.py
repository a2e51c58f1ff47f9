"""The session report: right figures, everything escaped, nothing fetched."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

from PIL import Image

from core.errors import ObjectMissing
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Annotation, PictureView, Sample, Snapshot
from dashboard.recordings.report import page
from dashboard.recordings.report.figures import Session, figures_of
from dashboard.recordings.report.timeline import draw
from wire.messages.job import JobRequest, new_job
from wire.messages.picture import picture_name

NOW = 1_800_000_000.0
HOSTILE = "<img src=x onerror=alert(1)> \"quoted\" 'single' & \u202eright-to-left 🙂"


def painted(second: float, prompt: str = "cat", wait: float = 4) -> tuple[JobView, PictureView]:
    """Make a job sent in a second of the session, and its only picture, six seconds later."""
    job = new_job(JobRequest(prompt=prompt))
    at = NOW + second
    name = picture_name(job.id, 0)
    view = JobView(job, "done", at, at + wait, at + 6, "worker-1", (name,))
    return view, PictureView(name, job.id, 0, at + 6, prompt)


def session(*prompts: str) -> Session:
    """Make a minute in which two workers of at most four painted, for the first half."""
    jobs, pictures = zip(
        *(painted(10 + n, prompt, wait=4 + 2 * n) for n, prompt in enumerate(prompts)), strict=True
    )
    samples = tuple(
        Sample(
            NOW + 2 * n,
            waiting=3,
            generating=1,
            wanted=2,
            ready=2 if n < 15 else 0,
            pictures=len(prompts) if n == 8 else 0,
            workers=2 if n < 15 else 0,
            maximum=4,
        )
        for n in range(31)
    )
    before = painted(-500)
    snapshot = Snapshot(
        NOW + 60,
        "laptop",
        ("requests", "workers", "pictures"),
        samples=(Sample(NOW - 100, ready=9, pictures=50), *samples),
        annotations=(
            Annotation(NOW + 10, "requests", "burst of 3"),
            Annotation(NOW - 9, "workers", "0 → 9"),
        ),
        jobs=(*jobs, before[0]),
        pictures=(*pictures, before[1]),
    )
    return Session(NOW, NOW + 60, snapshot)


def picture(_name: str) -> bytes:
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "#f2a33a").save(body, "PNG")
    return body.getvalue()


def test_figures_are_those_of_the_session():
    """Requests, pictures, workers, waits and hours count what lies in the range, nothing else."""
    figures = figures_of(session("cat", "dog", "fish"))
    assert (figures.requests, figures.failed, figures.cancelled) == (3, 0, 0)
    assert (figures.pictures, figures.peak_workers, figures.peak_nodes) == (3, 2, None)
    assert (figures.average_workers, figures.to_first_picture) == (1.0, 6.0)
    assert figures.median_wait == 6.0
    assert figures.usage.used == 2 * 30 / 3600
    assert figures.usage.always_on == 4 * 60 / 3600


def test_what_is_unknown_is_said_to_be():
    """Without any reading there is no number, and no zero, in the report."""
    nothing = Session(NOW, NOW + 60, Snapshot(NOW + 60, "cluster", ("requests", "workers")))
    figures = figures_of(nothing)
    assert (figures.pictures, figures.peak_workers, figures.median_wait) == (None, None, None)
    text = page.write(nothing, "A talk", picture)
    assert text.count("<em>unknown</em>") >= 4


class _Outside(HTMLParser):
    """Collects tags, and the addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Note one tag."""
        self.tags.append(tag)
        fields = dict(attrs)
        self.alts += [fields["alt"]] if "alt" in fields else []
        self.fetched += [v for k, v in attrs if k in ("src", "href", "srcset", "data")]


def test_prompts_are_shown_as_typed_and_nothing_is_fetched():
    """A hostile prompt is text; the file holds all that it needs, and forbids the rest."""
    text = page.write(session(HOSTILE, "cat"), HOSTILE, picture)
    parsed = _Outside()
    parsed.feed(text)
    assert parsed.tags.count("img") == 2
    assert HOSTILE in parsed.alts
    assert not {"script", "link", "iframe"} & set(parsed.tags)
    assert all(address.startswith("data:image/webp;base64,") for address in parsed.fetched)
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_pictures_that_cannot_be_read_are_left_out():
    """A store that lost a picture costs that picture."""

    def missing(name: str) -> bytes:
        raise ObjectMissing(f"There is no {name}.")

    assert "<img" not in page.write(session("cat"), "A talk", missing)


def test_starred_pictures_come_first_and_no_prompt_crowds_the_others_out():
    """Of many pictures those are chosen that somebody starred, then one of each prompt in turn."""
    views = [painted(n, prompt)[1] for n, prompt in enumerate(["cat", "cat", "cat", "dog", "fish"])]
    views[2] = replace(views[2], starred=True)
    chosen = page.best(views, 4)
    assert chosen[0] is views[2]
    assert [view.prompt for view in chosen[1:]] == ["cat", "dog", "fish"]


def test_prices_are_said_beside_the_hours():
    """With a price set, hours have their cost."""
    text = page.write(session("cat"), "A talk", picture, price=lambda hours: f"${hours:.4f}")
    assert "1 min ($0.0167); 4 min ($0.0667) if always on" in text


def test_the_timeline_draws_each_lane_and_names_its_moments():
    """The drawing has the lanes of the mode, the session's moments, and stays inside."""
    svg = draw(session("cat", "dog"))
    assert [name in svg for name in ("Requests", "Workers", "Pictures", "GPU nodes")] == [
        True,
        True,
        True,
        False,
    ]
    assert "burst of 3" in svg
    assert "0 → 9" not in svg
    assert all(0 <= float(x) <= 960 for x in re.findall(r"[^a-z]x\d?='([-\d.]+)'", svg))
