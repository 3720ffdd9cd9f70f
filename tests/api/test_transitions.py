"""Cancel, reactivate and renew over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import MONTH, NOW, has_access, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_now() -> Any:
    """Freeze the time one second after NOW."""
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        yield


@pytest.fixture
def subscription(owner: Caller) -> Subscription:
    """Return the owner's paid subscription."""
    return Service.create_subscription(owner.user, make_plan(), now=NOW)


def test_cancelling_keeps_access_until_the_end(owner: Caller, subscription: Subscription) -> None:
    response = owner.post(f"subscriptions/{subscription.pk}/cancel", {"reason": "too dear"})
    assert (response.status_code, response.json()["status"], response.json()["live"]) == (200, "cancelled", True)
    assert has_access(owner.user)
    event = subscription.events.latest("pk")
    assert (event.transition, event.reason, event.actor_id) == ("cancelled", "too dear", owner.user.pk)


def test_operator_cancels_at_once(staff: Caller, owner: Caller, subscription: Subscription) -> None:
    response = staff.post(f"subscriptions/{subscription.pk}/cancel", {"when": "now", "reason": "fraud"})
    assert (response.status_code, response.json()["status"], response.json()["live"]) == (200, "expired", False)
    assert not has_access(owner.user)
    assert subscription.events.latest("pk").actor_id == staff.user.pk


def test_owner_may_not_cancel_at_once(owner: Caller, subscription: Subscription) -> None:
    assert_problem(owner.post(f"subscriptions/{subscription.pk}/cancel", {"when": "now"}), 403)
    assert has_access(owner.user)


def test_cancellation_can_be_taken_back(owner: Caller, subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    response = owner.post(f"subscriptions/{subscription.pk}/reactivate")
    assert (response.status_code, response.json()["status"]) == (200, "active")


@pytest.mark.parametrize("move", ["cancel", "reactivate"])
def test_ended_subscription_can_neither_be_cancelled_nor_reactivated(
    move: str, owner: Caller, subscription: Subscription
) -> None:
    with time_machine.travel(NOW + MONTH, tick=False):
        body = assert_problem(owner.post(f"subscriptions/{subscription.pk}/{move}"), 409)
    assert body["type"] == "urn:subscriptions:problem:illegal-transition"
    assert "has ended" in body["detail"]


def test_service_renews(service: Caller, owner: Caller, subscription: Subscription) -> None:
    assert service.post(f"subscriptions/{subscription.pk}/renew").status_code == 200
    subscription.refresh_from_db()
    assert subscription.end_date == NOW + 2 * MONTH
    assert subscription.events.latest("pk").actor_id == service.user.pk


def test_owner_renews_what_is_free(owner: Caller) -> None:
    free = Service.create_subscription(owner.user, make_plan(price=Decimal(0)), now=NOW)
    assert owner.post(f"subscriptions/{free.pk}/renew").status_code == 200


def test_owner_renews_a_free_plan_at_most_one_period_ahead(owner: Caller) -> None:
    free = Service.create_subscription(owner.user, make_plan(price=Decimal(0)), now=NOW)
    path = f"subscriptions/{free.pk}/renew"
    assert owner.post(path).status_code == 200
    body = assert_problem(owner.post(path), 409)
    assert body["type"] == "urn:subscriptions:problem:renewal-too-early"
    opens = NOW + MONTH
    assert body["possible_from"] == opens.isoformat().replace("+00:00", "Z")
    assert f"{opens:%Y-%m-%d}" in body["detail"]
    with time_machine.travel(opens, tick=False):
        assert owner.post(path).status_code == 200


def test_staff_and_services_renew_a_free_plan_without_limit(owner: Caller, staff: Caller, service: Caller) -> None:
    free = Service.create_subscription(owner.user, make_plan(price=Decimal(0)), now=NOW)
    statuses = [caller.post(f"subscriptions/{free.pk}/renew").status_code for caller in (staff, service, staff)]
    assert statuses == [200, 200, 200]


def test_setting_that_lets_owners_renew_keeps_the_limit_of_a_free_plan(owner: Caller, settings: Any) -> None:
    settings.RENEWAL_ALLOWED_TO = ["owner"]
    free = Service.create_subscription(owner.user, make_plan(price=Decimal(0)), now=NOW)
    assert [owner.post(f"subscriptions/{free.pk}/renew").status_code for _attempt in range(2)] == [200, 409]


@pytest.mark.parametrize(
    ("allowed", "statuses"),
    [
        (["staff", "service"], {"owner": 403, "staff": 200, "service": 200}),
        (["owner"], {"owner": 200, "staff": 403, "service": 404}),
        (["staff"], {"owner": 403, "staff": 200, "service": 404}),
    ],
    ids="+".join,
)
def test_setting_says_who_renews(
    allowed: list[str],
    statuses: dict[str, int],
    subscription: Subscription,
    settings: Any,
    request: pytest.FixtureRequest,
) -> None:
    settings.RENEWAL_ALLOWED_TO = allowed
    path = f"subscriptions/{subscription.pk}/renew"
    callers = {name: request.getfixturevalue(name) for name in statuses}
    assert {name: caller.post(path).status_code for name, caller in callers.items()} == statuses


def test_permission_to_renew_is_worth_nothing_without_a_token(service: Caller, subscription: Subscription) -> None:
    browser = Client()
    browser.force_login(service.user)
    response = browser.post(f"/api/v1/subscriptions/{subscription.pk}/renew", {}, "application/json")
    assert_problem(response, 404)


@pytest.mark.parametrize("move", ["reactivate", "renew"])
def test_body_must_be_empty(move: str, staff: Caller, subscription: Subscription) -> None:
    assert_problem(staff.post(f"subscriptions/{subscription.pk}/{move}", {"end_date": "2099-01-01"}), 400)


def test_renewals_that_state_the_same_end_add_one_period(service: Caller, subscription: Subscription) -> None:
    path = f"subscriptions/{subscription.pk}/renew"
    expected = {"expected_end_date": subscription.end_date.isoformat()}
    assert service.post(path, expected).status_code == 200
    body = assert_problem(service.post(path, expected), 409)
    assert body["type"] == "urn:subscriptions:problem:changed-meanwhile"
    end = (NOW + 2 * MONTH).isoformat().replace("+00:00", "Z")
    assert body["errors"] == [{"field": "expected_end_date", "detail": f"It is {end} now."}]
    subscription.refresh_from_db()
    assert subscription.end_date == NOW + 2 * MONTH


def test_end_as_the_api_says_it_is_the_end_that_it_takes(service: Caller, owner: Caller) -> None:
    made = Service.create_subscription(owner.user, make_plan(), now=NOW + timedelta(microseconds=123_456))
    said = owner.get(f"subscriptions/{made.pk}").json()
    terms = {f"expected_{name}": said["plan"][name] for name in ("price", "currency", "duration_days")}
    expected = terms | {"expected_end_date": said["end_date"]}
    assert service.post(f"subscriptions/{made.pk}/renew", expected).status_code == 200


@pytest.mark.parametrize(
    "terms",
    [
        {"expected_price": "9.91"},
        {"expected_currency": "CHF"},
        {"expected_duration_days": 31},
        {"expected_end_date": "2026-12-01T00:00:00Z"},
    ],
    ids=str,
)
def test_renewal_on_other_terms_than_stated_is_409(
    terms: dict[str, Any], service: Caller, subscription: Subscription
) -> None:
    body = assert_problem(service.post(f"subscriptions/{subscription.pk}/renew", terms), 409)
    assert [error["field"] for error in body["errors"]] == list(terms)
    assert not subscription.events.filter(transition="renewed").exists()


def test_plan_that_costs_something_by_now_is_not_renewed_by_its_owner(
    owner: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = Service.create_subscription(owner.user, make_plan(price=Decimal(0)), now=NOW)
    renew = Service.renew_subscription

    def edited_before(subscription: Subscription, **details: Any) -> Subscription:
        Plan.objects.update(price=Decimal("9.90"))
        return renew(subscription, **details)

    monkeypatch.setattr(Service, "renew_subscription", edited_before)
    assert_problem(owner.post(f"subscriptions/{free.pk}/renew"), 409)
    assert not free.events.filter(transition="renewed").exists()
