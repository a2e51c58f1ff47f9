"""Who may do what."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from pydantic import SecretStr

from core.errors import SettingsError
from core.settings import Settings
from dashboard import runtime
from dashboard.access import LockedOut, Policy, presenter_key, program_may_submit, viewer
from dashboard.access.rate_limit import TokenBuckets
from dashboard.access.roles import address_of, allowed, is_key, refusal, role_of
from dashboard.access.secrets_file import read_policy

KEY = SecretStr("correct horse")
AUTH = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "a-secret-of-thirty-two-characters"
client_id = "live"
client_secret = "secret"
server_metadata_url = "http://localhost:9400/.well-known/openid-configuration"
"""
MEMBERS = Policy(login=True, members=("*@example.org",), presenters=("Ada@example.org",))


@pytest.mark.parametrize(
    ("policy", "email", "has_key", "role"),
    [
        (Policy(), None, False, "presenter"),
        (Policy(key=KEY), None, False, "member"),
        (Policy(key=KEY), None, True, "presenter"),
        (MEMBERS, None, False, "visitor"),
        (MEMBERS, "eve@example.com", False, "visitor"),
        (MEMBERS, "eve@example.org.example.com", False, "visitor"),
        (MEMBERS, "bob@example.org", False, "member"),
        (MEMBERS, "ada@EXAMPLE.org", False, "presenter"),
        (Policy(login=True), "eve@example.com", False, "member"),
    ],
)
def test_a_role_comes_from_the_address_and_the_key(
    policy: Policy, email: str | None, has_key: bool, role: str
) -> None:
    """Visitors look, members are those of the patterns, presenters are listed or have the key."""
    assert role_of(policy, email, has_key) == role


@pytest.mark.parametrize(
    ("claim", "counts", "counts_if_trusted"),
    [
        ({"email_verified": True}, True, True),
        ({"email_verified": "true"}, True, True),
        ({"email_verified": False}, False, False),
        ({"email_verified": "false"}, False, False),
        ({}, False, True),
    ],
    ids=str,
)
def test_only_a_verified_address_counts(
    claim: dict[str, object], counts: bool, counts_if_trusted: bool
) -> None:
    """Nobody becomes a member by an address that the provider did not check."""
    claims = {"email": "bob@example.org"} | claim
    trusting = Policy(login=True, trust_unverified=True)
    assert (address_of(Policy(login=True), claims) is not None) == counts
    assert (address_of(trusting, claims) is not None) == counts_if_trusted


def test_each_role_reaches_as_far_as_it_says() -> None:
    """A visitor may do nothing; a member submits; only a presenter deletes."""
    for action in ("submit", "cancel", "retry", "star"):
        assert [allowed(role, action) for role in ("visitor", "member")] == [False, True]
    for action in ("clear", "delete", "approve", "purge", "record", "present"):
        assert [allowed(role, action) for role in ("member", "presenter")] == [False, True]


def test_a_refusal_says_how_to_be_allowed() -> None:
    """Who may not do something learns whom to ask, or what to do."""
    assert "Log in" in refusal(MEMBERS, None, "submit")
    assert "eve@example.com" in refusal(MEMBERS, "eve@example.com", "submit")
    assert "key" in refusal(Policy(key=KEY), None, "delete")
    assert "presenters" in refusal(MEMBERS, "bob@example.org", "delete")


def test_only_the_key_itself_is_the_key() -> None:
    """No other text opens what the key guards, and without a key none does."""
    assert is_key(Policy(key=KEY), "correct horse")
    assert not any(is_key(Policy(key=KEY), typed) for typed in ("", "Correct horse", "é"))
    assert not is_key(Policy(), "")


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody have guessed before; the time stands still."""
    buckets = TokenBuckets(capacity=5, rate=1 / 10, clock=lambda: 100.0)
    monkeypatch.setattr(presenter_key, "_wrong_keys", buckets)


@pytest.mark.usefixtures("guesses")
def test_a_program_needs_the_key_where_people_log_in() -> None:
    """Nobody goes around the login over HTTP."""
    closed = Policy(login=True, key=KEY)
    assert program_may_submit(Policy(key=KEY), "", "a")
    assert program_may_submit(closed, "Bearer correct horse", "a")
    assert program_may_submit(closed, "bearer correct horse", "a")
    for header in ("", "Bearer", "Bearer ", "Bearer wrong", "Basic correct horse"):
        assert not program_may_submit(closed, header, "a")
    assert not program_may_submit(Policy(login=True), "Bearer ", "a")


@pytest.mark.usefixtures("guesses")
def test_who_guesses_the_key_has_to_wait() -> None:
    """After five wrong keys an address is not listened to for 10 s; the right key costs nothing."""
    policy = Policy(login=True, key=KEY)
    for _ in range(20):
        assert presenter_key.check(policy, "correct horse", "a")
    for _ in range(4):
        assert not presenter_key.check(policy, "wrong", "a")
    assert not program_may_submit(policy, "Bearer wrong", "a")
    with pytest.raises(LockedOut, match="again in 10 seconds"):
        presenter_key.check(policy, "correct horse", "a")
    assert presenter_key.check(policy, "correct horse", "b")


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let Streamlit look for its secrets in a folder of this test."""
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr(st, "secrets", st.runtime.secrets.Secrets())
    monkeypatch.setattr(
        "streamlit.config.get_option", lambda name: [str(path)] if name == "secrets.files" else None
    )
    return path


def test_without_a_login_only_the_key_counts(secrets: Path) -> None:
    """A site without secrets is open, but for what the key guards."""
    assert read_policy(KEY) == Policy(key=KEY)
    secrets.write_text("name = 'of another program'\n")
    assert read_policy(KEY) == Policy(key=KEY)


def test_login_and_roles_come_from_the_secrets(secrets: Path) -> None:
    """[auth] turns the login on; [roles] says who is who, and may be left out."""
    secrets.write_text(AUTH)
    assert read_policy(KEY) == Policy(login=True, key=KEY)
    secrets.write_text(f'{AUTH}[roles]\nmembers = ["*@a.org"]\npresenters = ["ada@a.org"]\n')
    st.secrets._reset()
    assert read_policy(KEY) == Policy(True, ("*@a.org",), ("ada@a.org",), KEY)


def test_what_plays_does_not_change_who_may_do_what(
    secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay, whose settings name another model, leaves the policy as it was at the start."""
    viewer._read_once.cache_clear()
    settings = Settings(_env_file=None, presenter_key="a key of this test")
    monkeypatch.setattr(runtime, "current", lambda: SimpleNamespace(settings=settings))
    secrets.write_text(AUTH)
    before = viewer.policy()
    secrets.unlink()
    st.secrets._reset()
    settings = settings.model_copy(update={"model_id": "the recording's"})
    assert viewer.policy() is before
    viewer._read_once.cache_clear()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[auth]\nclient_id = 'live'\n", "without redirect_uri, cookie_secret, client_secret"),
        ("[auth\n", "cannot be read"),
        (f"{AUTH}[roles]\nmember = ['x']\n", "member in \\[roles\\]"),
        (f"{AUTH}[roles]\nmembers = 'x'\n", "members in \\[roles\\]"),
        ("[roles]\nmembers = ['*@a.org']\n", "\\[roles\\] without \\[auth\\]"),
        (AUTH.replace("[auth]", "[atuh]"), "has \\[atuh\\]"),
        ("auth = 'x'\n", "auth in secrets.toml is not a section"),
        (f"roles = 'x'\n{AUTH}", "roles in secrets.toml is not a section"),
    ],
)
def test_broken_secrets_never_open_the_page(secrets: Path, text: str, sentence: str) -> None:
    """A mistake in the file is a sentence at the start, not a page that is open to all."""
    secrets.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        read_policy(KEY)
