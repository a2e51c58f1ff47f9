"""Souvenirs: one HTML file that replays a recording, safe to share and small."""

import base64
import hashlib
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from core.errors import ObjectMissing
from dashboard.domain.snapshot import Annotation, PictureView, Sample, Snapshot
from dashboard.recordings import __main__ as command
from dashboard.recordings.folder import BUNDLED
from dashboard.recordings.report.figures import Session
from dashboard.recordings.souvenir import content, page
from wire.messages.job import JobRequest, new_job
from wire.messages.object_names import picture_name

NOW = 1_800_000_000.0
HOSTILE = "</script><img src=x onerror=alert(1)><!-- & \u202e \u2028"


class Parts(HTMLParser):
    """The tags of a page, and the text of each script and style sheet."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag with its attributes."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text of scripts and style sheets."""
        if self.tags and self.tags[-1][0] in self.texts and data.strip():
            self.texts[self.tags[-1][0]].append(data)


def image(_name: str) -> bytes:
    """Return a picture."""
    body = io.BytesIO()
    Image.new("RGB", (64, 64), "#f2a33a").save(body, "PNG")
    return body.getvalue()


def session(pictures: int = 2, prompt: str = HOSTILE) -> Session:
    """Make a minute with pictures, whose queue could not be read for a while."""
    names = (picture_name(new_job(JobRequest(prompt="a")).id, 0) for _ in range(pictures))
    views = [
        PictureView(name, name[:36], 0, NOW + 1 + n, f"{prompt} {n}")
        for n, name in enumerate(names)
    ]
    samples = [
        Sample(NOW + n, waiting=None if n == 3 else 2, generating=1, ready=1, wanted=2, pictures=n)
        for n in range(60)
    ]
    note = Annotation(NOW + 5, "requests", HOSTILE)
    lanes = ("requests", "workers", "pictures")
    snapshot = Snapshot(
        NOW + 60,
        "laptop",
        lanes,
        samples=tuple(samples),
        annotations=(note,),
        pictures=tuple(reversed(views)),
    )
    return Session(NOW, NOW + 60, snapshot)


def run_of(html: str) -> dict:
    """Return the data of a souvenir."""
    return json.loads(Parts(html).texts["script"][0])


def test_texts_are_data_and_never_markup():
    """Names, prompts and notes cannot end the data block or become tags; all arrive unchanged."""
    html = page.write(session(), HOSTILE, image, None)
    tags = Parts(html).tags
    sources = [fields.get("src") for tag, fields in tags if tag == "img"]
    assert sources == [None]  # the dialog's
    assert [tag for tag, _ in tags].count("script") == 2
    run = run_of(html)
    assert [picture["prompt"] for picture in run["pictures"]] == [f"{HOSTILE} 0", f"{HOSTILE} 1"]
    assert run["notes"][0]["text"] == HOSTILE


def test_policy_allows_this_script_and_nothing_else():
    """The file requests nothing, and its policy allows exactly its own script and style sheet."""
    html = page.write(session(), "A talk", image, None)
    parts = Parts(html)
    policy = next(f["content"] for t, f in parts.tags if f.get("http-equiv"))
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert "unsafe" not in policy
    for text in (parts.texts["script"][1], parts.texts["style"][0]):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert not re.search(r"^(import|export \{)", parts.texts["script"][1], re.MULTILINE)
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


def test_unknown_numbers_stay_unknown():
    """A time without a reading is null, not zero; pictures are counted from the start."""
    numbers = content.numbers(session())
    assert numbers["waiting"][2:5] == [2, None, 2]
    assert numbers["nodes"] == [None] * 60
    assert numbers["pictures"][-1] == sum(range(60))


def test_unknown_pictures_are_not_zero():
    """While pictures could not be counted, their number is null; later it has all of them."""
    whole = session(0)
    counts = (None, 2, None, 3)
    samples = tuple(Sample(NOW + at, pictures=count) for at, count in enumerate(counts))
    counted = replace(whole, snapshot=replace(whole.snapshot, samples=samples))
    assert content.numbers(counted)["pictures"] == [None, 2, None, 5]
    unknown = replace(whole, snapshot=replace(whole.snapshot, samples=samples[:1]))
    html = page.write(unknown, "A talk", image, None)
    assert "How many pictures the run has is unknown." in html
    assert "0 pictures" not in html


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 100])
def test_samples_are_bounded_and_keep_the_last(count: int, monkeypatch: pytest.MonkeyPatch):
    """A day of samples is thinned; the end of the run is always among them."""
    monkeypatch.setattr(content, "MAX_SAMPLES", 6)
    whole = session()
    samples = tuple(Sample(NOW + n / 9, pictures=1) for n in range(count))
    numbers = content.numbers(replace(whole, snapshot=replace(whole.snapshot, samples=samples)))
    assert len(numbers["at"]) <= 6
    assert numbers["pictures"][-1:] == ([count] if count else [])


@pytest.mark.parametrize(
    ("limit", "bytes_", "shown"), [(150, 3_000_000, 9), (4, 3_000_000, 4), (150, 700, 2)]
)
def test_pictures_are_bounded_and_what_is_left_out_is_said(
    limit: int, bytes_: int, shown: int, monkeypatch: pytest.MonkeyPatch
):
    """Number and size of the pictures are limited, and the page says how many there were."""
    monkeypatch.setattr(content, "MAX_PICTURES", limit)
    size = len(content.pictures(session(1), image)[0].url)
    monkeypatch.setattr(content, "MAX_BYTES", bytes_ if bytes_ > 1000 else 2 * size + 1)
    quiet = session(9)
    unsampled = replace(quiet, snapshot=replace(quiet.snapshot, samples=()))
    html = page.write(unsampled, "A talk", image, None)
    times = [picture["at"] for picture in run_of(html)["pictures"]]
    assert (len(times), times) == (shown, sorted(times))
    said = "All 9 pictures of the run" if shown == 9 else f"{shown} of 9 pictures"
    assert said in html


def test_unreadable_pictures_are_left_out():
    """A picture that the recording lacks is not shown, and the others are."""
    shown = session()
    first = shown.pictures[0].name

    def read(name: str) -> bytes:
        if name == first:
            raise ObjectMissing("gone")
        return image(name)

    assert len(content.pictures(shown, image)) == 2
    assert len(content.pictures(shown, read)) == 1


def test_command_writes_the_bundled_recording(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """The bundled recording becomes one file of less than a megabyte, without visitors' names."""
    target = tmp_path / "talk.html"
    command.souvenir(BUNDLED, target)
    assert "Open it with any browser." in capsys.readouterr().out
    html = target.read_text(encoding="utf-8")
    assert len(html) < 1_000_000
    run = run_of(html)
    assert len(run["pictures"]) == run["numbers"]["pictures"][-1]
    assert "submitter" not in html
