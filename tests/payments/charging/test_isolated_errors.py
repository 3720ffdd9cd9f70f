"""Errors of one order, such as a strict receiver's, and all others of its claim."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.db.models.signals import pre_save

from payments.hosted_page import begin
from payments.models import Order, OrderState, Payment, PaymentEvent, Renewal
from payments.orders.consents import Consent
from payments.signals import payment_event_recorded
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscriptions_transitioned
from tests.payments.charging.renewal_orders import DUE, END, agree, charge, due_order, make_method
from tests.payments.opened_orders import first_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ledger_provider import LedgerProvider

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class ReceiverBroke(Exception):
    """What a team's strict receiver may raise."""


@contextmanager
def refused_by_a_receiver(order: Order, raise_error: Callable[[], None]) -> Iterator[None]:
    def receive(event: PaymentEvent, **_kwargs: Any) -> None:
        if event.order_id == order.pk:
            raise_error()

    payment_event_recorded.connect(receive)
    try:
        yield
    finally:
        payment_event_recorded.disconnect(receive)


def break_() -> None:
    raise ReceiverBroke("quotes a row")


@pytest.mark.parametrize("said", ["ok", "declined"])
def test_order_that_cannot_be_recorded_holds_up_no_other_and_is_asked_about_again(
    provider: LedgerProvider, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *others = [due_order(said), due_order(), due_order()]
    with refused_by_a_receiver(bad, break_):
        assert charge(provider)["succeeded"] >= len(others)
        assert charge(provider, DUE + MINUTE)["unknown"] == 1
    bad.refresh_from_db()
    assert bad.state == OrderState.UNKNOWN
    assert {order.state for order in Order.objects.exclude(pk=bad.pk)} == {OrderState.PAID}
    assert "ReceiverBroke" in [getattr(record, "error", "") for record in caplog.records]
    assert "quotes a row" not in caplog.text

    charge(provider, DUE + 2 * MINUTE)
    bad.refresh_from_db()
    assert bad.state == (OrderState.PAID if said == "ok" else OrderState.OPEN)
    assert len(provider.successes()) == Payment.objects.count() == len(others) + (said == "ok")
    assert provider.calls().count("charge") == 3, "asked, and not charged again"


def test_void_order_whose_money_cannot_be_recorded_holds_up_no_other(provider: LedgerProvider) -> None:
    orders = [first_order(), first_order()]
    for order in orders:
        paid = begin(order, provider, Consent("", renews=False), "https://example.com", NOW)
        assert provider.pay_page(paid.reference)
    Order.objects.update(state=OrderState.VOID, finished_at=NOW, close_requested_at=NOW)

    def break_(instance: Payment, **_kwargs: Any) -> None:
        if instance.order == orders[0]:
            raise ReceiverBroke

    pre_save.connect(break_, Payment)
    try:
        assert charge(provider, NOW)["closed"] == 1
    finally:
        pre_save.disconnect(break_, Payment)
    assert charge(provider, NOW)["closed"] == 1
    assert Payment.objects.filter(surplus=True).count() == 2


def test_lost_database_ends_the_run(provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    def lose() -> None:
        monkeypatch.setattr(connection, "is_usable", lambda: False)
        raise OperationalError("the server closed the connection")

    bad = due_order()
    with refused_by_a_receiver(bad, lose), pytest.raises(OperationalError):
        charge(provider)


def test_free_renewal_that_a_receiver_refuses_holds_up_no_other(
    provider: LedgerProvider, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PAYMENT_PROVIDER = provider.name
    free = make_plan(name="Free", price=0)
    held = [Service.create_subscription(make_user(), make_plan(), now=NOW) for _number in range(3)]
    for subscription in held:
        agree(subscription, make_method(subscription.user))
    for subscription in held[:2]:
        change_plan(subscription, free, now=NOW, actor=subscription.user)

    def receive(event_ids: list[int], **_kwargs: Any) -> None:
        if SubscriptionEvent.objects.filter(pk__in=event_ids, subscription=held[0], plan=free).exists():
            raise ReceiverBroke("quotes a row")

    subscriptions_transitioned.connect(receive)
    try:
        for _time in range(2):
            assert charge(provider, END - MINUTE)["opened"] in (2, 0)
    finally:
        subscriptions_transitioned.disconnect(receive)

    ends = dict(Subscription.objects.values_list("pk", "end_date"))
    assert ends[held[0].pk] == END
    assert ends[held[1].pk] > END
    assert Order.objects.get().subscription == held[2]
    assert "ReceiverBroke" in [getattr(record, "error", "") for record in caplog.records]
    assert "quotes a row" not in caplog.text
    charge(provider, END - MINUTE / 2)
    assert Subscription.objects.get(pk=held[0].pk).plan == free
    assert not Renewal.objects.get(subscription=held[0]).auto_renew
