"""Tries that are interrupted after an earlier one was declined: no planned try is lost, and none is made twice."""

from datetime import timedelta

import pytest

from payments.charging import claims
from payments.methods.saved_methods import replace_method
from payments.models import Attempt, Order, OrderState, PaymentEvent
from payments.providers.interface import MethodDetails
from tests.payments.charging.renewal_orders import DAY, DUE, charge, charged_as, due_order
from tests.support.factories import MONTH
from tests.support.ledger_provider import AFTER, BEFORE, LedgerProvider

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
FIRST, SECOND = DUE + 21 * HOUR, DUE + DAY + 21 * HOUR
"""Times at which the tries are made, which are spread over 20 hours."""


def declined_once(provider: LedgerProvider, said: str = "declined") -> Order:
    """Return an order whose first try was declined, as the provider says when it is asked."""
    order = due_order(said)
    assert charge(provider, FIRST)["claimed"] == 1
    assert Attempt.objects.count() == 1
    return order


def die_before_the_charge(provider: LedgerProvider, *, submitted: bool) -> None:
    """Claim what is due at the second try as a charger that is killed before, or after, it notes its intent."""
    claim = claims.claim(provider.name, 10, SECOND)
    assert len(claim.submit(claim.orders, SECOND) if submitted else claim.orders) == 1
    Order.objects.update(lease_until=DUE - 12 * MONTH)


def outcomes() -> list[tuple[int, str]]:
    return list(Attempt.objects.order_by("number").values_list("number", "outcome"))


def failures() -> int:
    return PaymentEvent.objects.filter(kind="failed").count()


@pytest.mark.parametrize("submitted", [False, True])
def test_second_try_is_made_by_whoever_finds_it(provider: LedgerProvider, submitted: bool) -> None:
    order = declined_once(provider, "second")  # the second try succeeds
    die_before_the_charge(provider, submitted=submitted)
    assert charge(provider, SECOND + HOUR)["succeeded"] == 1
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert outcomes() == [(1, "declined"), (2, "succeeded")]
    assert failures() == 1, "the old failure is told once"


@pytest.mark.parametrize("submitted", [False, True])
def test_second_try_that_is_declined_is_the_second_of_five(provider: LedgerProvider, submitted: bool) -> None:
    order = declined_once(provider)
    die_before_the_charge(provider, submitted=submitted)
    assert charge(provider, SECOND + HOUR)["declined"] == 1
    for days in (3, 5, 7):
        assert charge(provider, DUE + days * DAY + 21 * HOUR)["declined"] == 1
    order.refresh_from_db()
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
    assert outcomes() == [(number, "declined") for number in range(1, 6)]
    assert failures() == 5


def test_second_try_without_an_answer_is_repeated_under_its_own_key(provider: LedgerProvider) -> None:
    declined_once(provider)
    lost = [AFTER]
    provider.faults = lambda call: lost.pop() if call == "charge" and lost else ""
    assert charge(provider, SECOND)["unknown"] == 1
    tries = len(provider.refused())
    assert charge(provider, SECOND + HOUR)["declined"] == 1
    assert len(provider.refused()) == tries == 2, "the provider repeats its answer, and asks no bank"
    assert outcomes() == [(1, "declined"), (2, "declined")]


def test_try_that_never_reached_the_provider_is_made(provider: LedgerProvider) -> None:
    order = declined_once(provider)
    lost = [BEFORE]
    provider.faults = lambda call: lost.pop() if call == "charge" and lost else ""
    assert charge(provider, SECOND)["unknown"] == 1
    charged_as(order, "ok")
    assert charge(provider, SECOND + HOUR)["succeeded"] == 1
    assert outcomes() == [(1, "declined"), (2, "succeeded")]


def test_charge_that_may_still_be_under_way_is_asked_about_again(provider: LedgerProvider) -> None:
    order = declined_once(provider)
    die_before_the_charge(provider, submitted=True)
    provider.faults = lambda call: "throttled" if call == "charge" else ""
    charge(provider, SECOND + HOUR)
    order.refresh_from_db()
    assert (order.state, order.attempts) == (OrderState.UNKNOWN, 2)
    provider.faults = lambda _call: ""
    assert charge(provider, SECOND + 2 * HOUR)["declined"] == 1
    assert outcomes() == [(1, "declined"), (2, "declined")]


@pytest.mark.parametrize("token", ["lost", "authentication"])
def test_new_method_is_charged_after_a_decline_for_good_of_the_old_one(provider: LedgerProvider, token: str) -> None:
    order = declined_once(provider, token)
    replace_method(order.user, provider.name, MethodDetails("customer", "ok_new", "card", "1111"), SECOND)
    die_before_the_charge(provider, submitted=False)
    assert charge(provider, SECOND + HOUR)["succeeded"] == 1
    assert [kind for _number, kind in outcomes()][1:] == ["succeeded"]


@pytest.mark.parametrize("token", ["declined", "lost", "authentication"])
def test_no_try_is_made_that_was_not_planned(provider: LedgerProvider, token: str) -> None:
    """Late news makes the charger ask, which is no reason to charge again before the next planned try."""
    order = declined_once(provider, token)
    order.user.payment_methods.update(saved_at=DUE - MONTH)
    Order.objects.update(state=OrderState.UNKNOWN, due_at=FIRST + HOUR)
    charge(provider, FIRST + HOUR)
    assert provider.calls().count("charge") == 1
    assert len(outcomes()) == 1


def test_method_that_may_no_longer_be_charged_is_left_alone(provider: LedgerProvider) -> None:
    order = declined_once(provider, "second")
    die_before_the_charge(provider, submitted=False)
    order.user.payment_methods.update(removed_at=SECOND)
    charge(provider, SECOND + HOUR)
    order.refresh_from_db()
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
    assert provider.calls().count("charge") == 1
    assert failures() == 1
