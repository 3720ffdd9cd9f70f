"""Account page."""

import pytest
from django.test import Client
from django.urls import reverse

from foundation import registries
from foundation.web.account_sections import AccountSection
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

SECTIONS = (
    AccountSection("Last", "At the end", "plans", position=90),
    AccountSection("First", "At the beginning", "subscriptions", position=1),
)


def test_account_page_links_to_the_sections_of_all_apps(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries.ACCOUNT_SECTIONS, "_paths", dict(registries.ACCOUNT_SECTIONS._paths))
    registries.ACCOUNT_SECTIONS.register(f"{__name__}.SECTIONS")
    shown = page.get(reverse("account")).content.decode()
    assert "Your mails go to ada@example.com." in shown
    first, last = f'<a href="{reverse("subscriptions")}">First', f'<a href="{reverse("plans")}">Last'
    assert shown.index(first) < shown.index(last)


OWN_PAGES = [
    *["user_name", "address", "change_password", "sessions", "two_factor", "account_language"],
    *["notification_preferences", "api_tokens", "payments", "payment_method", "download_data", "delete_account"],
]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_account_page_links_to_everything_of_the_account(page: Client, name: str) -> None:
    assert f'<a href="{reverse(name)}">' in page.get(reverse("account")).content.decode()


def test_account_page_says_that_there_is_no_address() -> None:
    assert "No address is known" in sign_in(make_user(email="")).get(reverse("account")).content.decode()


def test_account_page_needs_a_sign_in(client: Client) -> None:
    assert client.get(reverse("account")).headers["Location"].startswith(reverse("login"))
