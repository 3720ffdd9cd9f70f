"""Own subscriptions of a user."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from subscriptions.api.serializers import HISTORY_LENGTH
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now() -> Any:
    """Freeze the time one second after NOW."""
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        yield


@pytest.fixture
def three(owner: Caller) -> list[Subscription]:
    """Create an active, a cancelled and an expired subscription to three plans."""
    active, cancelled, expired = (Service.create_subscription(owner.user, make_plan(), now=NOW) for _ in range(3))
    Service.cancel_subscription(cancelled, "too dear", now=NOW)
    Service.cancel_now(expired, now=NOW + timedelta(milliseconds=1))
    return [active, cancelled, expired]


def ids(response: Any) -> list[int]:
    """Return the ids of the subscriptions on the page."""
    assert response.status_code == 200, response.content
    return [subscription["id"] for subscription in response.json()["results"]]


def test_list_holds_ones_own_the_newest_first(owner: Caller, three: list[Subscription]) -> None:
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    response = owner.get("subscriptions")
    assert ids(response) == [subscription.pk for subscription in reversed(three)]
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "active"}, [0]),
        ({"status": "cancelled"}, [1]),
        ({"status": "expired"}, [2]),
        ({"live": "true"}, [1, 0]),
        ({"live": "false"}, [2]),
        ({"live": "true", "status": "expired"}, []),
        ({"ordering": "id"}, [0, 1, 2]),
        ({"ordering": "end_date"}, [2, 0, 1]),
        ({"ordering": "-end_date"}, [1, 0, 2]),
    ],
)
def test_filters_and_orders(
    query: dict[str, str], expected: list[int], owner: Caller, three: list[Subscription]
) -> None:
    assert ids(owner.get("subscriptions", query)) == [three[index].pk for index in expected]


def test_filter_by_plan(owner: Caller, three: list[Subscription]) -> None:
    assert ids(owner.get("subscriptions", {"plan": three[1].plan_id})) == [three[1].pk]
    assert ids(owner.get("subscriptions", {"plan": 2**63 - 1})) == []


def test_subscription_past_its_end_is_not_live_before_the_sweep_has_seen_it(
    owner: Caller, three: list[Subscription]
) -> None:
    with time_machine.travel(NOW + MONTH, tick=False):
        assert ids(owner.get("subscriptions", {"live": "true"})) == []
        assert [row["live"] for row in owner.get("subscriptions").json()["results"]] == [False] * 3


@pytest.mark.parametrize("ordering", ["-id", "end_date", "-start_date"])
def test_pages_lead_there_and_back(ordering: str, owner: Caller) -> None:
    plans = [make_plan() for _ in range(7)]
    for plan in plans:
        Service.create_subscription(owner.user, plan, now=NOW)
    whole = ids(owner.get("subscriptions", {"ordering": ordering}))
    forth: list[int] = []
    back: list[int] = []
    page = owner.get("subscriptions", {"ordering": ordering, "page_size": 3})
    while True:
        forth += ids(page)
        if not (address := page.json()["next"]):
            break
        page = owner.get(address)
    while True:
        back = ids(page) + back
        if not (address := page.json()["previous"]):
            break
        page = owner.get(address)
    assert forth == whole
    assert len(whole) == 7
    assert back == whole


def test_cursor_of_another_order_is_refused(owner: Caller, three: list[Subscription]) -> None:
    address = owner.get("subscriptions", {"page_size": 1}).json()["next"]
    assert_problem(owner.get(f"{address}&ordering=end_date"), 404)


def test_detail_tells_the_history_the_newest_first(owner: Caller, staff: Caller, three: list[Subscription]) -> None:
    cancelled = three[1]
    Service.reactivate_subscription(cancelled, now=NOW, actor=staff.user)
    Service.renew_subscription(cancelled, now=NOW, actor=owner.user)
    body = owner.get(f"subscriptions/{cancelled.pk}").json()
    assert (body["id"], body["status"], body["live"]) == (cancelled.pk, "active", True)
    assert body["plan"]["id"] == cancelled.plan_id
    assert [(event["transition"], event["by"], event["reason"]) for event in body["history"]] == [
        ("renewed", "subscriber", ""),
        ("reactivated", "operator", ""),
        ("cancelled", "system", "too dear"),
        ("created", "system", ""),
    ]
    newest = body["history"][0]
    assert instant(newest["old_end_date"]) == NOW + MONTH
    assert instant(newest["new_end_date"]) == NOW + 2 * MONTH
    assert (newest["price"], newest["currency"]) == ("9.90", "EUR")


def test_history_has_an_end(owner: Caller) -> None:
    subscription = Service.create_subscription(owner.user, make_plan(), now=NOW)
    for _ in range(HISTORY_LENGTH // 2 + 1):
        Service.cancel_subscription(subscription, now=NOW)
        Service.reactivate_subscription(subscription, now=NOW)
    assert len(owner.get(f"subscriptions/{subscription.pk}").json()["history"]) == HISTORY_LENGTH


def test_subscribing_starts_a_period(owner: Caller) -> None:
    plan = make_plan()
    response = owner.post("subscriptions", {"plan": plan.pk})
    assert response.status_code == 201
    made = Subscription.objects.get()
    assert (made.user_id, made.plan_id, made.status) == (owner.user.pk, plan.pk, "active")
    assert made.events.get().actor_id == owner.user.pk
    body = response.json()
    assert response["Location"] == f"http://testserver/api/v1/subscriptions/{made.pk}"
    assert {name: body[name] for name in ("id", "status", "live")} == {"id": made.pk, "status": "active", "live": True}
    assert instant(body["end_date"]) - instant(body["start_date"]) == MONTH
    assert owner.get(response["Location"]).json()["id"] == made.pk


@pytest.mark.parametrize("field", ["price", "status", "end_date", "user_id"])
def test_what_is_the_servers_is_refused(field: str, owner: Caller) -> None:
    plan = make_plan()
    body = assert_problem(owner.post("subscriptions", {"plan": plan.pk, field: 1}), 400)
    assert body["errors"] == [{"field": field, "detail": "Unknown field."}]
    assert not Subscription.objects.exists()


def test_second_subscription_to_a_plan_is_409(owner: Caller) -> None:
    plan = make_plan()
    assert owner.post("subscriptions", {"plan": plan.pk}).status_code == 201
    body = assert_problem(owner.post("subscriptions", {"plan": plan.pk}), 409)
    assert body["type"] == "urn:subscriptions:problem:already-subscribed"
    assert Subscription.objects.count() == 1


def test_second_subscription_beside_a_cancelled_one_is_409_and_names_it(owner: Caller) -> None:
    plan = make_plan()
    first = owner.post("subscriptions", {"plan": plan.pk}).json()["id"]
    assert owner.post(f"subscriptions/{first}/cancel").status_code == 200
    for key in ("key", "key", None):
        body = assert_problem(owner.post("subscriptions", {"plan": plan.pk}, key=key), 409)
        assert body["type"] == "urn:subscriptions:problem:already-subscribed"
        assert body["subscription"] == first
    assert owner.post(f"subscriptions/{first}/reactivate").json()["status"] == "active"


def test_plan_that_is_not_on_sale_is_409(owner: Caller) -> None:
    body = assert_problem(owner.post("subscriptions", {"plan": make_plan(on_sale=False).pk}), 409)
    assert body["type"] == "urn:subscriptions:problem:plan-not-on-sale"


@pytest.mark.parametrize(
    ("terms", "present"),
    [
        ({"expected_price": "9.90", "expected_currency": "EUR", "expected_duration_days": 30}, {}),
        ({"expected_price": "9.9"}, {}),
        ({"expected_price": "1.00"}, {"expected_price": "It is 9.90 now."}),
        ({"expected_currency": "CHF", "expected_price": "9.90"}, {"expected_currency": "It is EUR now."}),
        ({"expected_duration_days": 365}, {"expected_duration_days": "It is 30 now."}),
    ],
    ids=str,
)
def test_plan_is_sold_on_the_terms_that_the_caller_saw(
    terms: dict[str, Any], present: dict[str, str], owner: Caller
) -> None:
    response = owner.post("subscriptions", {"plan": make_plan().pk} | terms)
    if not present:
        assert response.status_code == 201
        return
    body = assert_problem(response, 409)
    assert body["type"] == "urn:subscriptions:problem:changed-meanwhile"
    assert {error["field"]: error["detail"] for error in body["errors"]} == present
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "terms",
    [
        {"expected_price": 9.9},
        {"expected_price": "NaN"},
        {"expected_price": "1e400"},
        {"expected_price": None},
        {"expected_currency": 1},
        {"expected_duration_days": "30"},
        {"expected_duration_days": True},
        {"expected_end_date": "2026-12-01T00:00:00Z"},
    ],
    ids=str,
)
def test_terms_that_cannot_be_read_are_400(terms: dict[str, Any], owner: Caller) -> None:
    body = assert_problem(owner.post("subscriptions", {"plan": make_plan().pk} | terms), 400)
    assert [error["field"] for error in body["errors"]] == list(terms)


def test_unknown_plan_is_404(owner: Caller) -> None:
    Plan.objects.all().delete()
    body = assert_problem(owner.post("subscriptions", {"plan": 2**63 - 1}), 404)
    assert body["type"] == "urn:subscriptions:problem:unknown-plan"


def instant(text: str) -> datetime:
    """Parse a time in the API's format."""
    assert text.endswith("Z")
    return datetime.fromisoformat(text)
