"""Tests of roles, with an OpenID provider and Chromium."""

from collections.abc import Callable, Iterator

import httpx
import oidc_provider_mock
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.studio_page import StudioPage
from tests.support.dashboard_server import Dashboard, running_dashboard

KEY = "correct horse"
_SECRETS = """
[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "a-secret-of-at-least-thirty-two-characters"
client_id = "live"
client_secret = "secret"
server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"

[roles]
members = ["*@example.org"]
"""
_PEOPLE = {
    "bob": {"email": "bob@example.org", "email_verified": True},
    "eve": {"email": "eve@example.com", "email_verified": True},
    "mallory": {"email": "bob@example.org"},
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start a dashboard with login, and its OpenID provider."""
    folder = tmp_path_factory.mktemp("site")
    people = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in _PEOPLE.items()]
    with oidc_provider_mock.run_server_in_thread(user_claims=people) as provider:
        secrets = folder / "secrets.toml"
        secrets.write_text(_SECRETS.format(provider=provider.server_port))
        with running_dashboard(
            folder / "data", FLEET="none", PRESENTER_KEY=KEY, STREAMLIT_SECRETS_FILES=str(secrets)
        ) as dashboard:
            yield dashboard


def _log_in(page: Page, person: str) -> None:
    page.get_by_role("button", name="Log in").first.click()
    page.locator("input[name=sub]").fill(person)
    page.get_by_role("button", name="Authorize").click()
    StudioPage(page)


def test_visitor_views_and_member_submits(site: Dashboard, open_page: Callable[..., Page]):
    """A visitor sees everything and cannot submit; a member can, after logging in."""
    page = open_page(site.url)
    studio = StudioPage(page)
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_disabled()
    expect(page.get_by_text("Log in to do this")).to_be_visible()
    _log_in(page, "bob")
    expect(page.get_by_text("Logged in as bob@example.org")).to_be_visible()
    studio.generate("a cat of a member")
    expect(studio.card("a cat of a member")).to_be_visible()
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/end_session*")
    page.goto(site.url)
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_disabled()


def test_unlisted_address_cannot_submit(site: Dashboard, open_page: Callable[..., Page]):
    """Where members are listed, another address cannot submit; the page shows why."""
    page = open_page(site.url)
    StudioPage(page)
    _log_in(page, "eve")
    expect(page.get_by_text("eve@example.com is not a member")).to_be_visible()
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_disabled()


def test_unverified_address_cannot_submit(site: Dashboard, open_page: Callable[..., Page]):
    """A member's address that the provider did not verify is no member; the page shows why."""
    page = open_page(site.url)
    StudioPage(page)
    _log_in(page, "mallory")
    expect(page.get_by_text("does not confirm your e-mail address")).to_be_visible()
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Log out").first).to_be_visible()


def test_presenter_key_allows_everything(site: Dashboard, open_page: Callable[..., Page]):
    """A wrong key is rejected; the right one allows everything until it is dropped."""
    page = open_page(site.url)
    StudioPage(page)
    page.get_by_role("button", name="Presenter login").click()
    field = page.get_by_label("Presenter key")
    field.fill("wrong")
    field.press("Enter")
    expect(page.get_by_text("Wrong key.")).to_be_visible()
    field.fill(KEY)
    field.press("Enter")
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_enabled()
    assert KEY not in page.content()
    page.get_by_role("button", name="Stop presenting").click()
    expect(page.get_by_role("button", name="Generate", exact=True)).to_be_disabled()


def test_program_submits_with_the_key(site: Dashboard):
    """The HTTP API requires login too: a program submits with the key as a bearer token."""
    job = {"prompt": "a cat of a program"}
    refused = httpx.post(f"{site.url}/api/jobs", json=job)
    assert refused.status_code == 401
    assert "Bearer" in refused.json()["error"]
    header = {"Authorization": f"Bearer {KEY}"}
    assert httpx.post(f"{site.url}/api/jobs", json=job, headers=header).status_code == 202
