"""What visitors with phones use: where they find it, and how often they may."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.access.rate_limit import TokenBuckets
from dashboard.audience.address import JoinAddress, choose, network_address
from dashboard.components.present import invitation


class Clock:
    """Time, as far as the test lets it go on."""

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
def test_code_carries_an_address_that_phones_reach(
    opened: str, public_url: str | None, network: str | None, url: str
):
    """What was set wins, then where the page was opened; localhost is of no use to a phone."""
    assert choose(opened, public_url, network).url == url


def test_page_says_when_no_phone_can_reach_it():
    """Where only localhost is known there is no code, but what to do."""
    nowhere = choose("http://localhost:8501/present", None, None)
    assert nowhere.url is None
    assert "PUBLIC_URL" in nowhere.note
    assert "<img" not in invitation.html(nowhere)
    assert "localhost" in choose("http://localhost/present", None, "10.0.0.9").note
    assert choose("http://10.0.0.5/present", None, "10.0.0.9").note == ""


def test_invitation_says_the_address_in_words_too():
    """Who cannot scan can type; what the address holds is no markup."""
    html = invitation.html(JoinAddress("http://10.0.0.5:8501/join"))
    assert "10.0.0.5:8501<wbr>/join" in html
    assert "data:image/svg+xml" in html
    assert "<b>x" not in invitation.html(JoinAddress("http://<b>x/join"))


def test_network_address_is_none_or_one_that_others_can_reach():
    """What is taken for this machine's address on its network is never its loopback address."""
    address = network_address()
    assert address is None or not address.startswith("127.")


def test_bucket_lets_a_few_pass_and_then_says_how_long_to_wait():
    """A full bucket is spent at once, and fills again at its rate, each key by itself."""
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
def test_bucket_never_gives_more_than_its_rate(pauses: list[float]):
    """However somebody times it, no more passes than capacity and rate allow."""
    clock = Clock()
    buckets = TokenBuckets(capacity=3, rate=0.2, clock=clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += buckets.take("a") == 0
    assert passed <= 3 + (clock.now - 100) * 0.2 + 1e-6


def test_buckets_of_many_visitors_stay_few():
    """Memory is bounded: the bucket that was used longest ago makes room."""
    buckets = TokenBuckets(capacity=1, rate=0.01, max_keys=2, clock=Clock())
    for key in ("a", "b", "c"):
        buckets.take(key)
    assert buckets.take("c") > 0
    assert buckets.take("a") == 0
