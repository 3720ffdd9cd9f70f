"""Rate limits of forms per user, network and sign-in name; reading is free."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import User
from foundation.throttling.models import RequestCount
from notifications.unsubscription import link_of
from subscriptions.models import Plan, Subscription
from tests.support.factories import NOW, make_account, make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SIGN_IN, ADMIN_SIGN_IN = "login", "admin:login"


@pytest.fixture(autouse=True)
def at_forty_seconds() -> Iterator[None]:
    """Freeze the time twenty seconds before the next minute."""
    with time_machine.travel(NOW + timedelta(seconds=40), tick=False):
        yield


@pytest.fixture
def ada() -> User:
    return make_account("ada", PASSWORD, is_staff=True)


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def try_to_sign_in(page: str = SIGN_IN, name: str = "ada", password: str = "wrong", address: str = "192.0.2.1") -> int:  # noqa: S107
    """Return the response to a sign-in attempt."""
    client = Client(REMOTE_ADDR=address)
    return client.post(reverse(page), {"username": name, "password": password}).status_code


def test_too_many_forms_are_answered_with_a_page_and_retry_after(settings: Any, plan: Plan) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 2
    client = sign_in(make_user())
    address = reverse("notification_preferences")
    assert [client.post(address).status_code for _ in range(2)] == [302, 302]

    answer = client.post(reverse("subscribe", args=[plan.pk]))

    assert (answer.status_code, answer["Retry-After"]) == (429, "20")
    assert "Please wait a minute" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert not Subscription.objects.exists()
    assert sign_in(make_user()).post(address).status_code == 302
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        assert client.post(address).status_code == 302


def test_address_has_a_limit_of_its_own(settings: Any) -> None:
    settings.CHANGES_PER_MINUTE_AND_ADDRESS = 2
    address = reverse("notification_preferences")
    assert [sign_in(make_user()).post(address).status_code for _ in range(3)] == [302, 302, 429]


@pytest.mark.parametrize("page", [SIGN_IN, ADMIN_SIGN_IN])
def test_password_is_not_guessed_at_from_many_addresses(page: str, ada: User, settings: Any) -> None:
    settings.SIGN_INS_PER_MINUTE_AND_NAME = 3
    spelt = ("ada", " ADA ", "\N{FULLWIDTH LATIN SMALL LETTER A}da")
    told = [try_to_sign_in(page, name, address=f"192.0.2.{host}") for host, name in enumerate(spelt)]
    assert told == [200, 200, 200]
    assert try_to_sign_in(page, password=PASSWORD, address="198.51.100.1") == 429
    assert try_to_sign_in(page, "bob") == 200
    with time_machine.travel(NOW + timedelta(seconds=60), tick=False):
        assert try_to_sign_in(page, password=PASSWORD) == 302


@pytest.mark.parametrize("page", [SIGN_IN, ADMIN_SIGN_IN, "sign_up"])
def test_many_names_are_not_tried_from_one_address(page: str, settings: Any) -> None:
    settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 3
    assert [try_to_sign_in(page, f"user{number}") for number in range(4)] == [200, 200, 200, 429]
    assert try_to_sign_in(page, "user4", address="198.51.100.1") == 200


def test_forwarded_for_makes_no_new_address(settings: Any) -> None:
    settings.SIGN_INS_PER_MINUTE_AND_ADDRESS = 1
    forged = [Client(headers={"X-Forwarded-For": f"203.0.113.{host}"}) for host in range(2)]
    assert [client.post(reverse(SIGN_IN), {}).status_code for client in forged] == [200, 429]


def test_reading_is_not_counted(ada: User, plan: Plan) -> None:
    client = sign_in(ada)
    for name in ("plans", "subscriptions", "login", "admin:index"):
        client.get(reverse(name))
    client.head(reverse("subscribe", args=[plan.pk]))
    assert not RequestCount.objects.exists()


def test_what_counts_for_itself_is_not_counted_twice(ada: User) -> None:
    client = sign_in(ada)
    client.post("/api/v1/subscriptions/1/renew")
    assert sorted(RequestCount.objects.values_list("requests", flat=True)) == [1, 1]
    Client().post(link_of(ada), {"List-Unsubscribe": "One-Click"})
    assert sorted(RequestCount.objects.values_list("requests", flat=True)) == [1, 2]
