"""The URL that phones open, and rate limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access.rate_limit import TokenBuckets
from dashboard.audience.address import choose, network_address
from dashboard.components.present import invitation


class Clock:
    """A clock that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.mark.parametrize(
    ("opened", "public_url", "network", "url"),
    [
        ("https://talk.example/present", None, None, "https://talk.example/join"),
        ("https://talk.example/demo/present", None, None, "https://talk.example/demo/join"),
        ("http://10.0.0.5:8501/present", None, "10.0.0.9", "http://10.0.0.5:8501/join"),
        (
            "http://localhost:8501/present",
            "https://talk.example",
            None,
            "https://talk.example/join",
        ),
        (
            "http://localhost/present",
            "https://talk.example/a/",
            None,
            "https://talk.example/a/join",
        ),
        ("http://localhost:8501/present", None, "10.0.0.9", "http://10.0.0.9:8501/join"),
        ("http://127.0.0.1:8501/present", None, "10.0.0.9", "http://10.0.0.9:8501/join"),
        ("http://[::1]:8501/present", None, "10.0.0.9", "http://10.0.0.9:8501/join"),
    ],
)
def test_qr_code_contains_a_url_that_phones_reach(
    opened: str, public_url: str | None, network: str | None, url: str
):
    """PUBLIC_URL takes precedence over the opened URL; localhost is replaced."""
    assert choose(opened, public_url, network).url == url


def test_unreachable_page_has_no_qr_code():
    """If only localhost is known, a note names the setting instead."""
    nowhere = choose("http://localhost:8501/present", None, None)
    assert nowhere.url is None
    assert "PUBLIC_URL" in nowhere.note
    assert "localhost" in choose("http://localhost/present", None, "10.0.0.9").note
    assert choose("http://10.0.0.5/present", None, "10.0.0.9").note == ""


@pytest.mark.parametrize(
    ("opened", "public_url", "expected"),
    [
        ("http://10.0.0.5:8501/live/present", None, "http://10.0.0.5:8501/live/join"),
        ("http://localhost:8501/live/present", None, "http://10.0.0.9:8501/live/join"),
        ("http://localhost/", "https://talk.example", "https://talk.example/live/join"),
        ("http://localhost/", "https://talk.example/", "https://talk.example/live/join"),
        ("http://localhost/", "https://talk.example/live/", "https://talk.example/live/join"),
        ("http://localhost/", "https://talk.example/other", "https://talk.example/other/join"),
    ],
)
def test_invitation_is_below_the_base_path(opened: str, public_url: str | None, expected: str):
    """The QR code leads below BASE_PATH, unless PUBLIC_URL names another path of a proxy."""
    assert choose(opened, public_url, "10.0.0.9", "/live").url == expected


def test_invitation_contains_the_url_as_text():
    """People can type the URL, and HTML in it is escaped."""
    html = invitation.html("http://10.0.0.5:8501/join")
    assert "10.0.0.5:8501<wbr>/join" in html
    assert "data:image/svg+xml" in html
    assert "<b>x" not in invitation.html("http://<b>x/join")


def test_network_address_is_not_a_loopback_address():
    """What is taken for this machine's address on its network is never its loopback address."""
    address = network_address()
    assert address is None or not address.startswith("127.")


def test_bucket_allows_a_burst_and_then_returns_the_wait():
    """A full bucket allows a burst and refills at its rate, separately for each key."""
    clock = Clock()
    buckets = TokenBuckets(capacity=2, rate=0.1, clock=clock)
    assert [buckets.take("a"), buckets.take("a")] == [0, 0]
    assert buckets.take("a") == pytest.approx(10)
    assert buckets.take("b") == 0
    clock.now += 4
    assert buckets.take("a") == pytest.approx(6)
    clock.now += 6
    assert buckets.take("a") == 0
    assert buckets.take("a") == pytest.approx(10)


@given(st.lists(st.floats(0, 30), max_size=50))
def test_bucket_never_exceeds_capacity_and_rate(pauses: list[float]):
    """No timing of requests gets more tokens than capacity and rate allow."""
    clock = Clock()
    buckets = TokenBuckets(capacity=3, rate=0.2, clock=clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += buckets.take("a") == 0
    assert passed <= 3 + (clock.now - 100) * 0.2 + 1e-6


def test_number_of_buckets_is_bounded():
    """Memory is bounded: the least recently used bucket is dropped."""
    buckets = TokenBuckets(capacity=1, rate=0.01, max_keys=2, clock=Clock())
    for key in ("a", "b", "c"):
        buckets.take(key)
    assert buckets.take("c") > 0
    assert buckets.take("a") == 0
