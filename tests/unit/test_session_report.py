"""The session report: correct figures, escaped texts, no external resources."""

import io
import re
from dataclasses import replace
from html.parser import HTMLParser

from PIL import Image

from core.errors import ObjectMissing
from dashboard.domain.jobs import JobView
from dashboard.domain.snapshot import Annotation, PictureView, Sample, Snapshot
from dashboard.recordings.pictures import best
from dashboard.recordings.report import page
from dashboard.recordings.report.figures import Session, figures_of
from dashboard.recordings.report.timeline import draw
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name

NOW = 1_800_000_000.0
HOSTILE = "<img src=x onerror=alert(1)> \"quoted\" 'single' & \u202eright-to-left 🙂"


def finished_job(
    second: float, prompt: str = "cat", wait: float = 4
) -> tuple[JobView, PictureView]:
    """Make a job submitted at a second of the session, and its picture six seconds later."""
    job = new_job(JobRequest(prompt=prompt))
    at = NOW + second
    name = picture_name(job.id, 0)
    view = JobView(job, "done", at, at + wait, at + 6, "worker-1", (name,))
    return view, PictureView(name, job.id, 0, at + 6, prompt)


def session(*prompts: str) -> Session:
    """Make a minute with two of at most four workers ready, for the first half."""
    jobs, pictures = zip(
        *(finished_job(10 + n, prompt, wait=4 + 2 * n) for n, prompt in enumerate(prompts)),
        strict=True,
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
    before = finished_job(-500)
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


def test_figures_cover_the_session():
    """Requests, pictures, workers, waits and hours count what is in the period, nothing else."""
    figures = figures_of(session("cat", "dog", "fish"))
    assert (figures.requests, figures.failed, figures.cancelled) == (3, 0, 0)
    assert (figures.pictures, figures.peak_workers, figures.peak_nodes) == (3, 2, None)
    assert (figures.average_workers, figures.first_picture_after) == (1.0, 6.0)
    assert figures.median_wait == 6.0
    assert figures.usage.used == 2 * 30 / 3600
    assert figures.usage.always_on == 4 * 60 / 3600


def test_unknown_figures_are_shown_as_unknown():
    """Without any reading the report shows `unknown`, and no zero."""
    nothing = Session(NOW, NOW + 60, Snapshot(NOW + 60, "cluster", ("requests", "workers")))
    figures = figures_of(nothing)
    assert (figures.pictures, figures.peak_workers, figures.median_wait) == (None, None, None)
    text = page.write(nothing, "A talk", picture)
    assert text.count("<em>unknown</em>") >= 4


class _Outside(HTMLParser):
    """Collects tags, and the URLs that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.alts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Collect a tag."""
        self.tags.append(tag)
        fields = dict(attrs)
        self.alts += [fields["alt"]] if "alt" in fields else []
        self.fetched += [v for k, v in attrs if k in ("src", "href", "srcset", "data")]


def test_prompts_are_escaped_and_nothing_is_fetched():
    """A hostile prompt is text; the file loads nothing, and its policy forbids the rest."""
    text = page.write(session(HOSTILE, "cat"), HOSTILE, picture)
    parsed = _Outside()
    parsed.feed(text)
    assert parsed.tags.count("img") == 2
    assert HOSTILE in parsed.alts
    assert not {"script", "link", "iframe"} & set(parsed.tags)
    assert all(url.startswith("data:image/webp;base64,") for url in parsed.fetched)
    assert not re.search(r"url\(|@import|https?://", text)
    assert "default-src 'none'" in text


def test_missing_pictures_are_left_out():
    """A picture that cannot be read is left out, and the report is written."""

    def missing(name: str) -> bytes:
        raise ObjectMissing(f"There is no {name}.")

    assert "<img" not in page.write(session("cat"), "A talk", missing)


def test_starred_pictures_come_first_then_each_prompt_in_turn():
    """Of many pictures the starred ones are selected, then one of each prompt in turn."""
    views = [
        finished_job(n, prompt)[1] for n, prompt in enumerate(["cat", "cat", "cat", "dog", "fish"])
    ]
    views[2] = replace(views[2], starred=True)
    selected = best(views, 4)
    assert selected[0] is views[2]
    assert [view.prompt for view in selected[1:]] == ["cat", "dog", "fish"]


def test_hours_have_their_price():
    """With a price set, hours are shown with their cost."""
    text = page.write(session("cat"), "A talk", picture, price=lambda hours: f"${hours:.4f}")
    assert "1 min ($0.0167); 4 min ($0.0667) if always on" in text


def test_timeline_has_lanes_and_annotations_of_the_session():
    """The drawing has the lanes of the mode and the session's annotations, within its width."""
    svg = draw(session("cat", "dog"))
    assert [name in svg for name in ("Requests", "Workers", "Pictures", "GPU nodes")] == [
        True,
        True,
        True,
        False,
    ]
    assert "burst of 3" in svg
    assert "0 → 9" not in svg
    positions = [float(x) for x in re.findall(r'[^a-z]x\d?="([-\d.]+)"', svg)]
    assert len(positions) > 20
    assert all(0 <= x <= 960 for x in positions)


def test_timeline_marks_unknown_spans():
    """A span without readings is shaded and titled, and no line crosses it."""
    known = session("cat")
    samples = tuple(
        replace(sample, ready=None, wanted=None) if 20 <= sample.at - NOW < 40 else sample
        for sample in known.snapshot.samples
    )
    svg = draw(replace(known, snapshot=replace(known.snapshot, samples=samples)))
    assert svg.count("<title>no reading</title>") == 1
    assert svg.count('<g class="workers tint">') == 2
