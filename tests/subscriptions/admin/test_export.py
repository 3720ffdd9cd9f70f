"""CSV export: what it holds, who gets it, and what it refuses."""

import csv
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from accounts.models import User
from subscriptions.admin import export as exporting
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

VIEW = "subscriptions.view_subscription"
EXPORT = "subscriptions.export_subscription"


@pytest.fixture
def operator() -> User:
    return make_staff(VIEW, EXPORT)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def address(query: str = "") -> str:
    return reverse("admin:export_subscriptions") + query


def exported(client: Client, query: str = "") -> list[dict[str, str]]:
    answer: Any = client.post(address(query), {"reason": "Year-end report"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.streaming
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(text.splitlines()))


def test_filtered_list_is_exported_with_what_it_shows(client: Client) -> None:
    ada = make_user(username="ada", email="ada@example.com")
    plan = make_plan(name="Möbel, groß")
    kept = Service.create_subscription(ada, plan, now=NOW)
    other = Service.create_subscription(make_user(), plan, now=NOW)
    Service.cancel_subscription(other, now=NOW)
    assert exported(client, "?status__exact=active") == [
        {
            "subscription": str(kept.pk),
            "user": str(ada.pk),
            "user_name": "ada",
            "email": "ada@example.com",
            "plan": "Möbel, groß",
            "status": "active",
            "start_utc": "2026-12-01T03:00:00Z",
            "end_utc": (NOW + MONTH).isoformat().replace("+00:00", "Z"),
            "expired_utc": "",
        }
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formulas_become_text(client: Client, start: str) -> None:
    user = make_user(username=f"{start}HYPERLINK(1)")
    Service.create_subscription(user, make_plan(name=f"{start}1+1"), now=NOW)
    answer: Any = client.post(address(), {"reason": "Report"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    _heading, row = csv.reader(text.splitlines(keepends=True))
    assert (row[2], row[4]) == (f"'{start}HYPERLINK(1)", f"'{start}1+1")


def test_export_is_logged_with_reason_and_without_names(client: Client, operator: User) -> None:
    Service.create_subscription(make_user(username="ada"), make_plan(), now=NOW)
    assert len(exported(client, "?q=ada&status__exact=active")) == 1
    entry = LogEntry.objects.get()
    assert entry.user_id == operator.pk
    assert entry.change_message == "Exported 1. Filter: status__exact=active, a search. Reason: Year-end report"


def test_reason_is_asked_for_before_anything_is_exported(client: Client) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    page = client.get(address())
    assert "The file holds 1 subscription" in page.content.decode()
    assert client.post(address(), {"reason": " "}).context["form"].errors["reason"]
    assert not LogEntry.objects.exists()


def test_list_beyond_the_limit_is_refused_and_led_back_with_its_filter(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 2)
    plan = make_plan()
    for _ in range(3):
        Service.create_subscription(make_user(), plan, now=NOW - timedelta(days=1))
    answer: Any = client.post(address("?status__exact=active"), {"reason": "Report"}, follow=True)
    assert messages(answer) == ["An export has at most 2 rows. Filter the list further."]
    assert answer.request["QUERY_STRING"] == "status__exact=active"
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("query", ["?status__exact=%00", "?status__exact=unknown", "?nonsense=1"])
def test_filter_that_does_not_exist_exports_nothing(client: Client, query: str) -> None:
    assert client.post(address(query), {"reason": "Report"}).status_code == 302
    assert not LogEntry.objects.exists()


def test_only_holders_of_the_permission_export() -> None:
    client = sign_in(make_staff(VIEW))
    assert client.get(address()).status_code == 403
    assert client.post(address(), {"reason": "Report"}).status_code == 403
    listed = client.get(reverse("admin:subscriptions_subscription_changelist"))
    assert address() not in listed.content.decode()


def test_list_leads_to_its_export(client: Client) -> None:
    listed = client.get(reverse("admin:subscriptions_subscription_changelist"), {"status__exact": "active"})
    assert f'href="{address("?status__exact=active")}"' in listed.content.decode()


def test_number_of_queries_does_not_grow_with_the_rows(client: Client, django_assert_max_num_queries: Any) -> None:
    plan = make_plan()
    for _ in range(20):
        Service.create_subscription(make_user(), plan, now=NOW)
    with django_assert_max_num_queries(15):
        assert len(exported(client)) == 20
