"""Roles, the presenter's key, and secrets.toml."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from pydantic import SecretStr

from core.errors import SettingsError
from core.settings import Settings
from dashboard import runtime
from dashboard.access import (
    LockedOut,
    Policy,
    Program,
    browser_memory,
    presenter_key,
    program,
    viewer,
)
from dashboard.access.browser_memory import Memory
from dashboard.access.rate_limit import TokenBuckets
from dashboard.access.roles import address_of, allowed, is_key, refusal, role_of
from dashboard.access.secrets_file import read_policy
from dashboard.components.page import account

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
def test_role_depends_on_address_and_key(
    policy: Policy, email: str | None, has_key: bool, role: str
) -> None:
    """Members match a pattern; presenters are listed or have the key."""
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
def test_only_verified_addresses_are_trusted(
    claim: dict[str, object], counts: bool, counts_if_trusted: bool
) -> None:
    """An address that the provider did not verify grants no role."""
    claims = {"email": "bob@example.org"} | claim
    trusting = Policy(login=True, trust_unverified=True)
    assert (address_of(Policy(login=True), claims) is not None) == counts
    assert (address_of(trusting, claims) is not None) == counts_if_trusted


def test_roles_have_increasing_permissions() -> None:
    """A visitor may do nothing; a member submits; only a presenter deletes."""
    for action in ("submit", "cancel", "retry", "star"):
        assert [allowed(role, action) for role in ("visitor", "member")] == [False, True]
    for action in ("clear", "delete", "approve", "purge", "record", "present"):
        assert [allowed(role, action) for role in ("member", "presenter")] == [False, True]


def test_refusal_names_the_required_role() -> None:
    """A refusal tells the viewer how to obtain the permission."""
    assert "Log in" in refusal(MEMBERS, None, "submit")
    assert "eve@example.com" in refusal(MEMBERS, "eve@example.com", "submit")
    assert "key" in refusal(Policy(key=KEY), None, "delete")
    assert "presenters" in refusal(MEMBERS, "bob@example.org", "delete")


def test_only_the_key_itself_is_the_key() -> None:
    """No other text is accepted, and without a configured key none is."""
    assert is_key(Policy(key=KEY), "correct horse")
    assert not any(is_key(Policy(key=KEY), typed) for typed in ("", "Correct horse", "é"))
    assert not is_key(Policy(), "")


def _program_may_submit(policy: Policy, authorization: str, address: str) -> bool:
    return allowed(program(policy, authorization, address).role, "submit")


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the rate limit of wrong keys, with a clock that stands still."""
    buckets = TokenBuckets(capacity=5, rate=1 / 10, clock=lambda: 100.0)
    monkeypatch.setattr(presenter_key, "_wrong_keys", buckets)


@pytest.mark.usefixtures("guesses")
def test_program_needs_the_key_with_login() -> None:
    """The HTTP API does not bypass the login."""
    closed = Policy(login=True, key=KEY)
    assert _program_may_submit(Policy(key=KEY), "", "a")
    assert _program_may_submit(closed, "Bearer correct horse", "a")
    assert _program_may_submit(closed, "bearer correct horse", "a")
    for header in ("", "Bearer", "Bearer ", "Bearer wrong", "Basic correct horse"):
        assert not _program_may_submit(closed, header, "a")
    assert not _program_may_submit(Policy(login=True), "Bearer ", "a")


@pytest.mark.usefixtures("guesses")
def test_wrong_keys_are_rate_limited() -> None:
    """After five wrong keys an address is locked out; correct keys are unlimited."""
    policy = Policy(login=True, key=KEY)
    for _ in range(20):
        assert presenter_key.check(policy, "correct horse", "a")
    for _ in range(4):
        assert not presenter_key.check(policy, "wrong", "a")
    assert not _program_may_submit(policy, "Bearer wrong", "a")
    with pytest.raises(LockedOut, match="again in 10 seconds"):
        presenter_key.check(policy, "correct horse", "a")
    assert presenter_key.check(policy, "correct horse", "b")


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make Streamlit read its secrets from a temporary folder."""
    path = tmp_path / "secrets.toml"
    monkeypatch.setattr(st, "secrets", st.runtime.secrets.Secrets())
    monkeypatch.setattr(
        "streamlit.config.get_option", lambda name: [str(path)] if name == "secrets.files" else None
    )
    return path


def test_without_login_only_the_key_restricts(secrets: Path) -> None:
    """A site without secrets is open, except for the presenter's actions."""
    assert read_policy(KEY) == Policy(key=KEY)
    secrets.write_text("name = 'of another program'\n")
    assert read_policy(KEY) == Policy(key=KEY)


def test_login_and_roles_come_from_the_secrets(secrets: Path) -> None:
    """[auth] enables the login; [roles] assigns roles and is optional."""
    secrets.write_text(AUTH)
    assert read_policy(KEY) == Policy(login=True, key=KEY)
    secrets.write_text(f'{AUTH}[roles]\nmembers = ["*@a.org"]\npresenters = ["ada@a.org"]\n')
    st.secrets._reset()
    assert read_policy(KEY) == Policy(True, ("*@a.org",), ("ada@a.org",), KEY)


def test_replay_keeps_the_policy(secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay, whose settings name another model, keeps the policy that was read at the start."""
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
def test_invalid_secrets_stop_the_start(secrets: Path, text: str, sentence: str) -> None:
    """An invalid file stops the start with a sentence; it never disables the login."""
    secrets.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        read_policy(KEY)


def test_logging_out_ends_presenting(monkeypatch: pytest.MonkeyPatch):
    """Who logs out is no presenter any more, also where the key was entered in this browser."""
    memory, calls = Memory(has_key=True), []
    monkeypatch.setattr(browser_memory, "current", lambda: memory)
    monkeypatch.setattr(st, "logout", lambda: calls.append(memory.has_key))
    account._log_out()
    assert calls == [False]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_key_may_have_any_letters(encoding: str) -> None:
    """A key with umlauts is found as curl sends it and as Python's requests does."""
    policy = Policy(key=SecretStr("schlüssel"))
    header = "Bearer schlüssel".encode(encoding).decode("latin-1")  # as the web server decodes it
    assert program(policy, header, "b").role == "presenter"


def test_api_keys_make_programs_members() -> None:
    """With API keys a program needs one; none of them is the presenter's, whatever its name."""
    keys = {"webui": SecretStr("battery staple"), "presenter": SecretStr("other staple")}
    policy = Policy(key=KEY, api_keys=keys)
    assert program(policy, "", "b").role == "visitor"
    assert program(policy, "Bearer battery staple", "b") == Program("member", "b", "webui")
    assert program(policy, "Bearer other staple", "b").role == "member"
    assert program(policy, f"Bearer {KEY.get_secret_value()}", "b").role == "presenter"
    login = Policy(login=True, api_keys=keys)
    assert program(login, "Bearer battery staple", "b").role == "member"
    open_pages = Policy(api_keys=keys)
    assert program(open_pages, "", "b").role == "visitor"
    assert program(open_pages, "Bearer battery staple", "b").role == "presenter"
