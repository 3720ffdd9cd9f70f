"""Orders over the API: what is to be paid, and where."""

import json

import pytest
from django.conf import LazySettings

from foundation import clock
from payments.models import Order
from payments.received_money.recording import record_payment
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem, service_token
from tests.api.rights import DOCUMENT
from tests.payments.opened_orders import first_order, money
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def test_plan_is_ordered_and_the_answer_leads_to_our_page(owner: Caller, plan: Plan) -> None:
    answer = owner.post("orders", {"plan": plan.pk, "expected_price": "9.90"})

    order = Order.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "id": order.pk,
        "kind": "first",
        "state": "open",
        "user_id": owner.user.pk,
        "plan_id": plan.pk,
        "subscription_id": None,
        "amount": "9.90",
        "currency": "EUR",
        "duration_days": 30,
        "duration_months": 0,
        "period_start": None,
        "opened_at": order.opened_at.isoformat().replace("+00:00", "Z"),
        "finished_at": None,
        "pay_url": f"http://testserver/pay/{order.pk}/",
    }
    assert answer["Location"] == f"http://testserver/api/v1/orders/{order.pk}"
    assert owner.get(answer["Location"]).json() == answer.json()


def test_open_order_is_returned_again(owner: Caller, plan: Plan) -> None:
    answers = [owner.post("orders", {"plan": plan.pk}) for _request in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()


def test_repeated_key_gets_the_same_answer(owner: Caller, plan: Plan) -> None:
    first, second = (owner.post("orders", {"plan": plan.pk}, key="k") for _request in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second["Idempotency-Replayed"] == "true"


def test_another_period_is_ordered_by_the_subscription(owner: Caller, plan: Plan) -> None:
    held = Service.create_subscription(owner.user, plan, now=clock.now())
    answer = owner.post("orders", {"subscription": held.pk, "expected_end_date": held.end_date.isoformat()})
    assert (answer.status_code, answer.json()["kind"], answer.json()["subscription_id"]) == (201, "renewal", held.pk)


def test_no_provider_is_called(owner: Caller, plan: Plan, online: Script) -> None:
    assert owner.post("orders", {"plan": plan.pk}, key="k").status_code == 201
    assert online.requests == []


def test_finished_order_has_no_page_to_pay_on(owner: Caller, plan: Plan) -> None:
    made = owner.post("orders", {"plan": plan.pk}).json()
    record_payment(Order.objects.get(), money(), now=clock.now())
    shown = owner.get(f"orders/{made['id']}").json()
    assert (shown["state"], shown["pay_url"]) == ("paid", None)
    assert owner.get("orders", {"open": "true"}).json()["results"] == []
    assert owner.get("orders", {"open": "false"}).json()["results"] == [shown]


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({}, {"plan"}),
        ({"plan": 1, "subscription": 1}, {"subscription"}),
        ({"subscription": 1, "user": 1}, {"user"}),
        ({"plan": "1"}, {"plan"}),
        ([], {""}),
    ],
)
def test_order_names_exactly_one_thing(owner: Caller, wrong: object, fields: set[str]) -> None:
    problem = assert_problem(owner.post("orders", wrong), 400)
    assert {error["field"] for error in problem["errors"]} == fields


def test_terms_that_differ_order_nothing(owner: Caller, plan: Plan) -> None:
    problem = assert_problem(owner.post("orders", {"plan": plan.pk, "expected_price": "1.00"}), 409)
    assert problem["type"] == "urn:subscriptions:problem:changed-meanwhile"
    assert not Order.objects.exists()


def test_change_of_plan_that_is_ordered_too_early_is_a_documented_problem(owner: Caller, plan: Plan) -> None:
    held = Service.create_subscription(owner.user, plan, now=clock.now())
    Subscription.objects.update(next_plan=make_plan(name="Yearly"))
    problem = assert_problem(owner.post("orders", {"subscription": held.pk}), 409)
    assert problem["type"] == "urn:subscriptions:problem:change-too-early"
    assert problem["possible_from"]
    conflict = json.loads(DOCUMENT.read_text())["paths"]["/api/v1/orders"]["post"]["responses"]["409"]
    assert f"`{problem['type']}`" in conflict["description"]


def test_free_plan_needs_no_order(owner: Caller) -> None:
    problem = assert_problem(owner.post("orders", {"plan": make_plan(price=0).pk}), 409)
    assert problem["type"] == "urn:subscriptions:problem:nothing-due"


def test_unknown_plan_and_subscription_are_404(owner: Caller) -> None:
    assert_problem(owner.post("orders", {"plan": 999}), 404)
    assert_problem(owner.post("orders", {"subscription": 999}), 404)


def test_only_services_order_for_others(owner: Caller, plan: Plan) -> None:
    held = Service.create_subscription(owner.user, make_plan(), now=clock.now())
    stranger, crm = Caller(make_user()), service_token("add_order")
    for wish, refused in [({"plan": plan.pk, "user": owner.user.pk}, 403), ({"subscription": held.pk}, 404)]:
        assert_problem(stranger.post("orders", wish), refused)
        answer = crm.post("orders", wish)
        assert (answer.status_code, answer.json()["user_id"]) == (201, owner.user.pk)


def test_orders_of_others_are_listed_by_permission(owner: Caller) -> None:
    own, other = first_order(), first_order()
    reader = service_token("view_order")
    assert len(reader.get("orders", {"user": "all"}).json()["results"]) == 2
    (found,) = reader.get("orders", {"user": other.user.pk}).json()["results"]
    assert found["id"] == other.pk
    assert reader.get(f"orders/{own.pk}").status_code == 200
    assert_problem(owner.get("orders", {"user": own.user.pk}), 403)
    assert owner.get("orders").json()["results"] == []


def test_changes_per_minute_are_limited(owner: Caller, plan: Plan, settings: LazySettings) -> None:
    settings.CHANGES_PER_MINUTE_AND_USER = 1
    payment = record_payment(first_order(), money(), now=NOW)
    refunder = service_token("add_refund")
    asked = [(owner, "orders", {"plan": plan.pk}), (refunder, f"payments/{payment.pk}/refund", {"reason": "x"})]
    for caller, path, wish in asked:
        assert caller.post(path, wish).status_code < 300
        assert_problem(caller.post(path, wish), 429)
