"""Grace period: it ends with the collection that it was granted for."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from payments import hosted_page
from payments.charging import claims
from payments.charging.outcomes import Recorder
from payments.models import Order, OrderState, PaymentEvent, Renewal
from payments.orders.consents import Consent
from payments.orders.opening import withdraw
from payments.renewal.automatic_renewal import turn_off
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import DAY, DUE, END, charge, due_order
from tests.payments.opened_orders import first_order
from tests.support.ledger_provider import LedgerProvider
from tests.support.staff import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

Stop = Callable[[Order, datetime], object]

HOUR = timedelta(hours=1)
LATE = END + DAY
GRACE = END + 7 * DAY


def turn_renewal_off(order: Order, now: datetime) -> None:
    turn_off(Renewal.objects.select_related("subscription").get(), now)


def swept(now: datetime) -> Subscription:
    """Sweep, and return the subscription."""
    Service.sweep(now=now)
    return Subscription.objects.get()


@pytest.mark.parametrize("stop", [turn_renewal_off, withdraw])
def test_access_ends_with_the_paid_time_when_nothing_renews_any_more(provider: LedgerProvider, stop: Stop) -> None:
    order = due_order("declined")
    charge(provider)
    stop(order, DUE)
    assert swept(END - timedelta(microseconds=1)).status == Subscription.Status.ACTIVE
    assert swept(END).status == Subscription.Status.EXPIRED


@pytest.mark.parametrize("stop", [turn_renewal_off, withdraw])
def test_late_subscription_ends_at_once_when_nothing_renews_it_any_more(provider: LedgerProvider, stop: Stop) -> None:
    order = due_order("declined")
    charge(provider)
    assert swept(LATE).is_late(LATE)
    stop(order, LATE)
    assert swept(LATE).status == Subscription.Status.EXPIRED
    assert charge(provider, LATE + DAY)["succeeded"] == 0


def test_money_on_its_way_keeps_the_grace_period_when_renewal_is_turned_off(provider: LedgerProvider) -> None:
    order = due_order("sepa")
    charge(provider)
    order.refresh_from_db()
    assert order.state == OrderState.PENDING
    turn_renewal_off(order, LATE)
    assert swept(LATE).is_live(LATE)


STILL_GIVEN = "A payment is on its way. When it arrives, it still gives you the period that it is for"


@pytest.mark.parametrize("at", [DUE, LATE])
@pytest.mark.parametrize(("method", "on_its_way"), [("sepa", True), ("declined", False)])
def test_page_of_a_cancellation_says_whether_a_payment_still_gives_a_period(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch, at: datetime, method: str, on_its_way: bool
) -> None:
    order = due_order(method)
    charge(provider)
    monkeypatch.setattr("foundation.clock.now", lambda: at)
    assert order.subscription is not None
    page = sign_in(order.user).get(reverse("cancel_subscription", args=[order.subscription.pk])).content.decode()
    assert (STILL_GIVEN in page) is on_its_way
    assert ("no paid time is left, and nothing more is charged" in page) is (at == LATE and not on_its_way)
    assert ("the subscription is not renewed" in page) is (at == DUE and not on_its_way)


@pytest.mark.parametrize("at", [DUE, LATE])
def test_page_of_automatic_renewal_says_that_money_on_its_way_renews(
    provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch, at: datetime
) -> None:
    order = due_order("sepa")
    charge(provider)
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(provider.path))
    monkeypatch.setattr("foundation.clock.now", lambda: at)
    assert order.subscription is not None
    page = sign_in(order.user).get(reverse("automatic_renewal", args=[order.subscription.pk])).content.decode()
    assert "A payment is on its way. It still renews the subscription" in page
    assert "If you turn it off, nothing more is charged" not in page
    saved = sign_in(order.user).get(reverse("payment_method")).content.decode()
    assert "A payment for the next period is on its way." in saved
    assert STILL_GIVEN not in saved
    turn_renewal_off(order, at)
    assert STILL_GIVEN in sign_in(order.user).get(reverse("payment_method")).content.decode()


def test_period_that_expired_in_its_grace_still_says_so(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    assert swept(GRACE).status == Subscription.Status.EXPIRED
    turn_renewal_off(order, GRACE)
    assert Subscription.objects.get().grace_until == GRACE


def test_renewal_that_is_turned_on_again_before_the_end_grants_the_grace_period_again(provider: LedgerProvider) -> None:
    turn_renewal_off(due_order("declined"), DUE)
    assert Subscription.objects.get().grace_until is None
    Renewal.objects.update(auto_renew=True)
    charge(provider, DUE + timedelta(hours=1))
    subscription = Subscription.objects.get()
    assert (subscription.grace_until, Order.objects.unfinished().count()) == (GRACE, 1)


def test_charge_without_an_answer_keeps_the_grace_period_until_it_is_closed(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    Order.objects.update(state=OrderState.UNKNOWN)
    turn_renewal_off(order, LATE)
    assert swept(LATE).is_live(LATE)
    charge(provider, LATE)
    assert Order.objects.get().state == OrderState.VOID
    assert swept(LATE).status == Subscription.Status.EXPIRED


def test_money_that_does_not_arrive_ends_the_grace_period_when_renewal_is_off(provider: LedgerProvider) -> None:
    order = due_order("sepa")
    charge(provider)
    turn_renewal_off(order, LATE)
    order.refresh_from_db()
    provider.settle_pending(order.reference, arrives=False)
    charge(provider, LATE + HOUR)
    order.refresh_from_db()
    assert (order.state, order.due_at) == (OrderState.NEEDS_SUBSCRIBER, None)
    assert swept(LATE + HOUR).status == Subscription.Status.EXPIRED


def test_money_that_does_not_arrive_is_tried_again_while_renewal_is_on(provider: LedgerProvider) -> None:
    order = due_order("sepa")
    charge(provider)
    order.refresh_from_db()
    provider.settle_pending(order.reference, arrives=False)
    charge(provider, LATE)
    order.refresh_from_db()
    assert order.due_at is not None
    assert swept(LATE).is_live(LATE)


@pytest.mark.parametrize(("fails_at", "ends_at"), [(END + 2 * DAY, GRACE), (END + 9 * DAY, END + 10 * DAY)])
def test_money_that_does_not_arrive_leaves_the_grace_of_the_plan_and_a_day_to_pay(
    provider: LedgerProvider, fails_at: datetime, ends_at: datetime
) -> None:
    order = due_order("sepa")
    charge(provider)
    assert Subscription.objects.get().grace_until == END + 14 * DAY
    order.refresh_from_db()
    provider.settle_pending(order.reference, arrives=False)
    Order.objects.update(due_at=fails_at)
    charge(provider, fails_at)
    assert Subscription.objects.get().access_end == ends_at
    order.refresh_from_db()
    assert order.due_at is None or order.due_at <= ends_at - HOUR


@pytest.mark.parametrize("kind", ["first", "renewal"])
def test_debit_of_the_page_that_fails_is_told_once(provider: LedgerProvider, kind: str) -> None:
    order = due_order() if kind == "renewal" else first_order(now=DUE)
    Renewal.objects.update(auto_renew=False)
    page = hosted_page.begin(order, provider, Consent("", renews=False), "https://example.com", DUE)
    Order.objects.update(state=OrderState.PENDING, due_at=LATE)
    provider.cancel(page.reference)  # as a page is seen whose debit has failed
    for hours in range(3):
        Order.objects.update(due_at=LATE + hours * HOUR)
        charge(provider, LATE + hours * HOUR)
    (told,) = PaymentEvent.objects.all()
    assert (told.kind, told.order_id, told.next_attempt_at) == ("failed", order.pk, None)


def test_charger_that_was_overtaken_tells_of_no_debit(provider: LedgerProvider) -> None:
    order = first_order(now=DUE)
    hosted_page.begin(order, provider, Consent("", renews=False), "https://example.com", DUE)
    Order.objects.update(state=OrderState.PENDING, due_at=LATE)
    overtaken = claims.claim(provider.name, 1, LATE)
    Order.objects.update(lease_token=uuid4())
    Recorder(overtaken, LATE, Counter()).rests(overtaken.orders[0])
    assert not PaymentEvent.objects.exists()


def test_second_click_on_an_old_order_leaves_the_new_one_alone(provider: LedgerProvider) -> None:
    old = due_order("declined")
    assert withdraw(old, DUE)
    Renewal.objects.update(auto_renew=True)
    charge(provider, DUE + HOUR)
    assert not withdraw(old, DUE + HOUR)
    assert Renewal.objects.get().auto_renew
    assert (Subscription.objects.get().grace_until, Order.objects.unfinished().count()) == (GRACE, 1)


def test_debit_of_the_page_that_fails_ends_the_grace_period_when_renewal_is_off(provider: LedgerProvider) -> None:
    order = due_order()
    page = hosted_page.begin(order, provider, Consent("", renews=False), "https://example.com", DUE)
    Order.objects.update(state=OrderState.PENDING, due_at=LATE + HOUR)
    turn_renewal_off(order, LATE)
    assert swept(LATE).is_live(LATE)
    assert provider.cancel(page.reference)  # as a page is seen whose debit has failed
    charge(provider, LATE + HOUR)
    assert swept(LATE + HOUR).status == Subscription.Status.EXPIRED
    assert provider.successes() == []
