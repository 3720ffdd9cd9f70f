"""Payments and refunds over the API."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from foundation import clock
from payments.models import Payment, Refund
from payments.orders.opening import open_first
from payments.received_money.recording import MoneyReceived, record_payment, record_unexpected
from subscriptions.models import Subscription
from subscriptions.terms import UNSEEN
from tests.api.callers import Caller, assert_problem, service_token
from tests.payments.opened_orders import money, renewal_order
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(owner: Caller) -> Payment:
    """Return the owner's payment of 9.90 EUR through a provider, for the running period."""
    now = clock.now()
    order = open_first(owner.user, make_plan(), now, UNSEEN)
    return record_payment(order, MoneyReceived("bank", "pi_1", Decimal("9.90"), "EUR", now), now=now)


@pytest.fixture
def clerk() -> Caller:
    return service_token("add_refund")


def test_payment_is_shown_with_what_is_left_and_its_refunds(owner: Caller, payment: Payment, clerk: Caller) -> None:
    shown = owner.get(f"payments/{payment.pk}").json()
    assert (shown["amount"], shown["currency"], shown["refundable"], shown["refunds"]) == ("9.90", "EUR", "9.90", [])
    assert (shown["user_id"], shown["order_id"], shown["surplus"]) == (owner.user.pk, payment.order_id, False)

    refund = clerk.post(f"payments/{payment.pk}/refund", {"amount": "2.50", "reason": "outage"}).json()
    shown = owner.get(f"payments/{payment.pk}").json()
    assert (shown["refundable"], shown["refunds"]) == ("7.40", [refund])


def test_receipt_is_an_address_or_null(owner: Caller, payment: Payment) -> None:
    assert owner.get(f"payments/{payment.pk}").json()["receipt_url"] is None
    surplus = MoneyReceived("bank", "pi_2", Decimal("9.90"), "EUR", clock.now(), receipt_url="https://pay.example/r")
    assert payment.order
    again = record_payment(payment.order, surplus, now=clock.now())
    assert owner.get(f"payments/{again.pk}").json()["receipt_url"] == "https://pay.example/r"


def test_refund_is_stored_for_the_job_and_names_who_asked(payment: Payment, clerk: Caller) -> None:
    answer = clerk.post(f"payments/{payment.pk}/refund", {"reason": "by mistake"})
    request = Refund.objects.get()
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["amount"], answer.json()["end_now"]) == ("requested", "9.90", True)
    assert (request.requested_by, request.reason, request.due_at) == (clerk.user, "by mistake", request.requested_at)


@pytest.mark.parametrize(
    ("wish", "ends"),
    [
        ({}, True),
        ({"amount": "9.90"}, True),
        ({"amount": "9.89"}, False),
        ({"end_now": False}, False),
        ({"amount": "1.00", "end_now": True}, True),
    ],
)
def test_access_ends_with_all_of_the_running_period_unless_told(
    payment: Payment, clerk: Caller, wish: dict[str, object], *, ends: bool
) -> None:
    clerk.post(f"payments/{payment.pk}/refund", {"reason": "x", **wish})
    assert Refund.objects.get().ends_now == ends


def test_period_that_is_followed_by_a_paid_one_does_not_end_access(payment: Payment, clerk: Caller) -> None:
    following = record_payment(renewal_order(Subscription.objects.get(), clock.now()), money(), now=clock.now())
    for each in (payment, following):
        assert clerk.post(f"payments/{each.pk}/refund", {"reason": "x"}).json()["end_now"] is False


def test_transfer_is_returned_at_once(owner: Caller, clerk: Caller) -> None:
    now = clock.now()
    order = open_first(owner.user, make_plan(), now, UNSEEN)
    transfer = record_payment(order, money(), now=now)
    answer = clerk.post(f"payments/{transfer.pk}/refund", {"reason": "x"}).json()
    assert (answer["state"], Subscription.objects.get().status) == ("done", "expired")
    kinds = [(one["kind"], one["amount"], one["of_id"]) for one in owner.get("payments").json()["results"]]
    assert kinds == [("refund", "-9.90", transfer.pk), ("payment", "9.90", None)]


def test_repeated_key_refunds_once(payment: Payment, clerk: Caller) -> None:
    first, second = (
        clerk.post(f"payments/{payment.pk}/refund", {"amount": "1.00", "reason": "x"}, key="k") for _ in range(2)
    )
    assert first.json() == second.json()
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("amount", ["9.91", "0", "0.00", "1.005"])
def test_amount_that_cannot_go_back_is_409(payment: Payment, clerk: Caller, amount: str) -> None:
    problem = assert_problem(clerk.post(f"payments/{payment.pk}/refund", {"amount": amount, "reason": "x"}), 409)
    assert problem["type"] == "urn:subscriptions:problem:not-refundable"
    assert not Refund.objects.exists()


def test_nothing_left_is_409_and_its_answer_repeated(payment: Payment, clerk: Caller) -> None:
    path = f"payments/{payment.pk}/refund"
    clerk.post(path, {"reason": "x"})
    first, second = (clerk.post(path, {"reason": "x"}, key="k") for _request in range(2))
    assert_problem(first, 409)
    assert (first.content, second["Idempotency-Replayed"]) == (second.content, "true")


@pytest.mark.parametrize(
    "wrong",
    [{}, {"reason": ""}, {"reason": "x", "amount": 1}, {"reason": "x", "amount": "-1"}, {"reason": "x", "b": 1}],
)
def test_unreadable_refund_is_400(payment: Payment, clerk: Caller, wrong: dict[str, object]) -> None:
    assert_problem(clerk.post(f"payments/{payment.pk}/refund", wrong), 400)


def test_owner_is_told_which_permission_a_refund_needs(owner: Caller, payment: Payment) -> None:
    problem = assert_problem(owner.post(f"payments/{payment.pk}/refund", {"reason": "x"}), 403)
    assert problem["permission"] == "payments.add_refund"


def test_payments_of_others_are_listed_by_permission(payment: Payment, owner: Caller) -> None:
    surplus = record_unexpected(MoneyReceived("bank", "pi_2", Decimal(5), "EUR", clock.now()), now=clock.now())
    reader, stranger = service_token("view_payment"), Caller(make_user())
    keys = [one["id"] for one in reader.get("payments", {"user": "all"}).json()["results"]]
    assert keys == [surplus.pk, payment.pk]
    (found,) = reader.get("payments", {"user": "all", "surplus": "true"}).json()["results"]
    assert (found["id"], found["user_id"]) == (surplus.pk, None)
    assert len(reader.get("payments", {"user": owner.user.pk}).json()["results"]) == 1
    assert_problem(stranger.get("payments", {"user": "all"}), 403)
    assert_problem(stranger.get(f"payments/{payment.pk}"), 404)
    assert_problem(owner.get(f"payments/{surplus.pk}"), 404)


@pytest.mark.parametrize("rows", [1, 20])
def test_queries_do_not_grow(
    owner: Caller, clerk: Caller, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    now = clock.now()
    for _row in range(rows):
        order = open_first(owner.user, make_plan(), now, UNSEEN)
        payment = record_payment(order, money(), now=now)
        clerk.post(f"payments/{payment.pk}/refund", {"reason": "x", "amount": "1.00"})
    owner.get("payments")
    for path, number in [("orders", 2), ("payments", 2), (f"orders/{order.pk}", 2), (f"payments/{payment.pk}", 5)]:
        with django_assert_num_queries(number):  # the token, and rows; what went back, what is asked, the refunds
            assert owner.get(path).status_code == 200
