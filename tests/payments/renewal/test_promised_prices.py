"""Two years of new prices: nobody is charged more than the last mail said."""

import contextlib
import random
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pytest
import time_machine
from django.conf import LazySettings
from django.core import mail
from django.utils.formats import date_format

from notifications.models import Channel, Notification
from notifications.ses.rendering import render_mail
from payments.errors import PriceChangeRefused
from payments.models import Order, Renewal
from payments.orders.consents import Consent, store_consent
from payments.received_money.recording import record_payment
from payments.renewal.agreements import charge_after
from payments.renewal.automatic_renewal import price_of, renewal_of, turn_off, turn_on
from payments.renewal.price_changes import apply_price_changes, decide_price, fold_new_amounts
from subscriptions.models import Plan, Subscription
from subscriptions.plan_changes import change_plan
from tests.payments.opened_orders import money, renewal_order
from tests.payments.renewal.agreed_prices import DAY, charged, renewing, unlimited
from tests.support.factories import NOW, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan()


AMOUNT = re.compile(r"([0-9]+\.[0-9]{2}) EUR")


@dataclass
class Promise:
    """What the subscriber was told: the price of a period, and the one of periods from an instant on."""

    amount: Decimal
    later: tuple[Decimal, datetime] | None = None
    planned: Decimal | None = None

    def read(self, text: str, renewal: Renewal, now: datetime) -> None:
        """Take in a mail about a new price, which names the day on which it begins to hold."""
        new, old = (Decimal(found) for found in AMOUNT.findall(text))
        assert renewal.new_amount_from is not None
        assert date_format(renewal.new_amount_from, "DATE_FORMAT") in text
        assert old == self.of_present_plan(now)
        self.later = (new, renewal.new_amount_from)

    def for_period(self, begin: datetime) -> Decimal:
        """Return the price that was told for the period, which is of the planned plan if a change is planned."""
        if self.planned is not None:
            self.amount, self.later, self.planned = self.planned, None, None
        return self.of_present_plan(begin)

    def of_present_plan(self, begin: datetime) -> Decimal:
        """Return the price that was told for the period while no change is planned."""
        if self.later and self.later[1] <= begin:
            self.amount, self.later = self.later[0], None
        return self.amount

    def lower(self, paid: Decimal) -> None:
        """Take in that a period was paid by hand: later ones cost no more."""
        self.amount = min(self.amount, paid)
        self.later = (min(self.later[0], paid), self.later[1]) if self.later else None


@pytest.mark.slow
@pytest.mark.once
@pytest.mark.parametrize("seed", range(12))
def test_nobody_is_ever_charged_more_than_the_last_mail_said(plan: Plan, settings: LazySettings, seed: int) -> None:
    """Walk two years: every charge is held to what was told.

    Prices change, renewal is turned off and on, changes of plan are planned and undone, and periods are paid by hand.
    """
    settings.PAYMENT_PROVIDER = "stripe"
    chance, plans = random.Random(seed), (plan, make_plan(name="Other", price="14.00"))
    held = renewing(plan).subscription
    promise, now = Promise(Decimal("9.90")), NOW
    for _step in range(146):
        now += 5 * DAY
        _perhaps_change_the_price(plan, now, chance)
        if chance.random() < 0.15:
            _plan_or_undo(held, plans, promise, now)
        _tell(held, promise, now, is_off=chance.random() < 0.1)
        if chance.random() < 0.3:
            fold_new_amounts(now)
        held.refresh_from_db()
        if held.next_plan is None and chance.random() < 0.1:
            _pay_by_hand(held, promise, now)
        if held.end_date - now <= 5 * DAY:
            reminded = _reminder(held)
            order = charged(Renewal.objects.get())
            assert order.amount == reminded == promise.for_period(held.end_date)
            record_payment(order, money(str(order.amount)), now=held.end_date - DAY / 2)
            held.refresh_from_db()
    paid = Order.objects.filter(state="paid").values_list("amount", flat=True)
    assert len(paid) > 20
    assert len(set(paid)) > 1


def _perhaps_change_the_price(plan: Plan, now: datetime, chance: random.Random) -> None:
    if chance.random() < 0.3:
        Plan.objects.update(price=Decimal(chance.randrange(500, 3000)) / 100)
    if chance.random() < 0.3:
        with contextlib.suppress(PriceChangeRefused):
            decide_price(plan, now + chance.randrange(30, 60) * DAY, "walk", now=now, actor=None)


def _tell(held: Subscription, promise: Promise, now: datetime, *, is_off: bool) -> None:
    """Let the job tell the subscriber, who perhaps has renewal off meanwhile and turns it on afterwards."""
    mail.outbox.clear()
    if is_off:
        turn_off(Renewal.objects.get(), now)
    with time_machine.travel(now, tick=False):
        apply_price_changes(now, unlimited)
    if is_off:
        assert mail.outbox == []
        shown = price_of(held, renewal_of(held))
        turn_on(held, shown, "", now)
        if held.next_plan is None:
            promise.of_present_plan(held.end_date)
            promise.amount = shown.amount
        else:  # what the present plan costs by now is told when the change is undone
            promise.planned = shown.amount
            promise.amount, promise.later = _agreed()
    for sent in mail.outbox:
        promise.read(str(sent.body), Renewal.objects.get(), now)


def _agreed() -> tuple[Decimal, tuple[Decimal, datetime] | None]:
    renewal = Renewal.objects.get()
    if renewal.new_amount is None or renewal.new_amount_from is None:
        return renewal.amount, None
    return renewal.amount, (renewal.new_amount, renewal.new_amount_from)


def _plan_or_undo(held: Subscription, plans: tuple[Plan, Plan], promise: Promise, now: datetime) -> None:
    """Let the subscriber plan a change to the other plan, or undo it; the mail says what is charged then."""
    mail.outbox.clear()
    undoes = held.next_plan is not None
    (other,) = (each for each in plans if (each.pk == held.plan_id) is undoes)
    with time_machine.travel(now, tick=False):
        change_plan(held, other, now=now, actor=held.user)
    held.refresh_from_db()
    (told,) = (Decimal(found) for found in AMOUNT.findall(str(mail.outbox[0].body)))
    if undoes:
        promise.planned = None
        promise.of_present_plan(held.end_date)
        promise.amount = told
    else:
        promise.planned = told


def _pay_by_hand(held: Subscription, promise: Promise, now: datetime) -> None:
    """Pay a period at the plan's present price: page and receipt state what is charged for the one after it."""
    order = renewal_order(held, now)
    stated = charge_after(order, now)
    store_consent(order, Consent("", renews=True), now)
    Order.objects.filter(pk=order.pk).update(way=Order.Way.PAGE, provider="stripe", reference=f"cs_{order.pk}")
    record_payment(order, money(str(order.amount)), now=now)
    held.refresh_from_db()
    promise.lower(order.amount)
    assert stated == f"{promise.of_present_plan(held.end_date):.2f} EUR"
    row = Notification.objects.filter(channel=Channel.SES, event__isnull=False).latest("pk")
    assert f"The subscription renews automatically for {stated}, until" in render_mail(row).text


def _reminder(held: Subscription) -> Decimal:
    event = held.events.exclude(transition__in=["cancelled", "reactivated", "expired"]).latest("pk")
    row = Notification.objects.create(event=event, channel=Channel.SES, days_before=5)
    (amount,) = AMOUNT.findall(render_mail(row).subject)
    return Decimal(amount)
