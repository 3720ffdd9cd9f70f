"""New prices for existing subscribers: notice first, and nobody is charged more than the last mail said."""

import contextlib
import random
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine
from django.conf import LazySettings
from django.core import mail
from django.urls import reverse
from django.utils.formats import date_format
from pytest_django import DjangoAssertNumQueries

from accounts.models import Profile
from foundation.email_addresses import address_of
from notifications.models import Channel, Notification
from notifications.ses.rendering import render_mail
from payments.charging.renewal_orders import open_orders
from payments.errors import PriceChangeRefused
from payments.mail_texts import price_changed
from payments.models import Order, PaymentMethod, PriceChange, Renewal
from payments.orders.consents import Consent, store_consent
from payments.received_money.recording import record_payment
from payments.renewal.agreements import charge_after
from payments.renewal.automatic_renewal import price_of, renewal_of, turn_off, turn_on
from payments.renewal.price_changes import apply_price_changes, decide_price, fold_new_amounts
from payments.statistics import monthly_recurring_revenue
from subscriptions.models import Plan, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import committed_before_the_locks
from tests.payments.opened_orders import money, renewal_order
from tests.support.factories import NOW, make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
HOLDS = NOW + 40 * DAY


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def unlimited() -> timedelta:
    return DAY


def renewing(plan: Plan, *, auto_renew: bool = True, amount: str = "9.90", **user: object) -> Renewal:
    """Create a subscription that a card renews on what was agreed."""
    held = Service.create_subscription(make_user(**user), plan, now=NOW)
    method = PaymentMethod.objects.create(
        user=held.user, provider="stripe", customer="cus_1", token=f"pm_{held.pk}", last4="4242"
    )
    return Renewal.objects.create(
        subscription=held,
        auto_renew=auto_renew,
        method=method,
        amount=Decimal(amount),
        currency="EUR",
        agreed_at=NOW - DAY,
    )


def decide(plan: Plan, price: str = "12.00", starts_at: datetime = HOLDS, now: datetime = NOW) -> PriceChange:
    Plan.objects.filter(pk=plan.pk).update(price=price)
    return decide_price(plan, starts_at, "costs have risen", now=now, actor=None)


def charged(renewal: Renewal, provider: str = "stripe") -> Order:
    """Return the order that the charger opens for the next period."""
    held = renewal.subscription
    held.refresh_from_db()
    open_orders(provider, held.end_date - DAY / 2, unlimited)
    order: Order = held.orders.latest("pk")
    return order


def test_editing_a_plan_changes_no_agreement(plan: Plan) -> None:
    renewal = renewing(plan)
    Plan.objects.update(price="12.00")
    assert apply_price_changes(NOW, unlimited) == 0
    assert charged(renewal).amount == Decimal("9.90")


@pytest.mark.usefixtures("through_stripe")
@pytest.mark.parametrize("edited", [{"duration_days": 365}, {"duration_days": 365, "duration_months": 12}])
def test_editing_the_length_of_a_plan_changes_no_agreement(plan: Plan, edited: dict[str, int]) -> None:
    renewal = renewing(plan)
    Renewal.objects.update(duration_days=plan.duration_days, duration_months=plan.duration_months)
    Plan.objects.update(price="99.00", **edited)
    assert monthly_recurring_revenue(NOW) == {"EUR": Decimal("10.04")}
    order = charged(renewal)
    assert (order.amount, order.duration_days, order.duration_months) == (Decimal("9.90"), plan.duration_days, 0)
    end = renewal.subscription.end_date
    record_payment(order, money(), now=end - DAY / 2)
    renewal.subscription.refresh_from_db()
    assert renewal.subscription.end_date == end + plan.duration_days * DAY


def test_price_of_another_length_is_nobodys_who_agreed_to_this_one(plan: Plan) -> None:
    renewal = renewing(plan)
    Renewal.objects.update(duration_days=plan.duration_days, duration_months=plan.duration_months)
    Plan.objects.update(duration_days=7)
    decide(plan, "3.00")
    assert apply_price_changes(NOW, unlimited) == 0
    assert mail.outbox == []
    assert charged(renewal).amount == Decimal("9.90")


def test_agreement_of_a_release_that_stored_no_length_has_the_plans(plan: Plan) -> None:
    renewal = renewing(plan)
    Plan.objects.update(duration_days=60)
    assert charged(renewal).duration_days == 60


def test_each_subscriber_is_told_and_periods_from_the_day_on_cost_the_new_price(plan: Plan) -> None:
    renewal, other = renewing(plan), renewing(make_plan())
    change = decide(plan)
    assert apply_price_changes(NOW, unlimited) == 1
    (sent,) = mail.outbox
    assert sent.to == [address_of(renewal.subscription.user)]
    assert "that begin on Jan. 10, 2027, 03:00 UTC or later cost 12.00 EUR instead of 9.90 EUR." in str(sent.body)
    change.refresh_from_db()
    assert (change.told, change.finished_at) == (1, NOW)

    first = charged(renewal)  # the period from 31 December on
    assert first.amount == Decimal("9.90")
    record_payment(first, money(), now=NOW + 29 * DAY)
    assert charged(renewal).amount == Decimal("12.00")  # from 30 January on
    assert charged(other).amount == Decimal("9.90")


def test_repetition_tells_nobody_twice(plan: Plan) -> None:
    for _number in range(3):
        renewing(plan)
    decide(plan)
    assert apply_price_changes(NOW, unlimited, batch=2) == 3
    assert apply_price_changes(NOW + DAY, unlimited) == 0
    PriceChange.objects.update(finished_at=None)
    assert apply_price_changes(NOW + DAY, unlimited) == 0
    assert len(mail.outbox) == 3


def test_queries_do_not_grow_with_subscribers(
    plan: Plan, django_assert_max_num_queries: DjangoAssertNumQueries, settings: LazySettings
) -> None:
    settings.EMAIL_BACKEND = "notifications.email_backend.OutboxBackend"
    for _number in range(20):
        renewing(plan)
    decide(plan)
    with django_assert_max_num_queries(20):  # two batches: claim, read, write, mails
        apply_price_changes(NOW, unlimited)
    assert Notification.objects.filter(account_kind="price_changed").count() == 20


def test_batch_that_runs_late_gives_notice_too(plan: Plan) -> None:
    renewal = renewing(plan)
    decide(plan)
    apply_price_changes(NOW + 35 * DAY, unlimited)
    renewal.refresh_from_db()
    assert renewal.new_amount_from == NOW + 65 * DAY


def test_who_turned_renewal_off_sees_the_price_on_turning_it_on(plan: Plan) -> None:
    renewal = renewing(plan, auto_renew=False)
    decide(plan)
    assert apply_price_changes(NOW, unlimited) == 0
    assert mail.outbox == []
    held = renewal.subscription
    held.plan.refresh_from_db()
    assert price_of(held, renewal_of(held)).amount == Decimal("12.00")


def test_who_cannot_be_told_keeps_the_price(plan: Plan) -> None:
    renewal = renewing(plan, email="")
    decide(plan)
    assert apply_price_changes(NOW, unlimited) == 0
    renewal.refresh_from_db()
    assert renewal.new_amount is None


def test_new_amount_becomes_the_agreed_one_when_its_time_has_come(plan: Plan) -> None:
    renewal = renewing(plan)
    decide(plan)
    apply_price_changes(NOW, unlimited)
    assert fold_new_amounts(HOLDS - timedelta(microseconds=1)) == 0
    assert fold_new_amounts(HOLDS) == 1
    renewal.refresh_from_db()
    assert (renewal.amount, renewal.new_amount) == (Decimal("12.00"), None)
    assert price_changed("a@example.com", str(renewal.subscription.user_id), HOLDS) is None


def test_day_too_soon_a_free_plan_and_a_second_change_are_refused(plan: Plan) -> None:
    with pytest.raises(PriceChangeRefused, match="at least 30 days ahead"):
        decide(plan, starts_at=NOW + 30 * DAY - timedelta(seconds=1))
    with pytest.raises(PriceChangeRefused, match="free plan"):
        decide_price(make_plan(price=0), HOLDS, "x", now=NOW, actor=None)
    decide(plan)
    with pytest.raises(PriceChangeRefused, match="Another change"):
        decide(plan, "15.00")
    apply_price_changes(NOW, unlimited)
    with pytest.raises(PriceChangeRefused, match="Another change"):
        decide(plan, "15.00")
    assert decide(plan, "15.00", HOLDS + 40 * DAY, now=HOLDS).amount == Decimal("15.00")


def test_mail_is_in_the_language_of_the_subscriber(plan: Plan) -> None:
    renewal = renewing(plan)
    Profile.objects.update_or_create(user=renewal.subscription.user, defaults={"language": "de"})
    decide(plan)
    apply_price_changes(NOW, unlimited)
    assert "kosten 12,00 EUR statt 9,90 EUR" in str(mail.outbox[0].body)


def test_operator_applies_the_price_in_the_admin(plan: Plan, settings: LazySettings) -> None:
    add = reverse("admin:payments_pricechange_add")
    assert sign_in(make_staff("payments.view_pricechange")).get(add).status_code == 403
    staff = make_staff("payments.add_pricechange", "payments.view_pricechange")
    browser = sign_in(staff)
    soon = browser.post(add, {"plan": plan.pk, "day": "2026-12-02", "reason": "costs"})
    assert "at least 30 days ahead" in soon.content.decode()
    assert browser.post(add, {"plan": plan.pk, "day": "2027-06-01", "reason": ""}).status_code == 200
    assert browser.post(add, {"plan": plan.pk, "day": "2027-06-01", "reason": "costs"}).status_code == 302
    change = PriceChange.objects.get()
    assert (change.amount, change.decided_by, change.reason) == (plan.price, staff, "costs")
    shown = browser.get(reverse("admin:payments_pricechange_change", args=[change.pk])).content.decode()
    assert "9.90 EUR" in shown


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


def test_agreement_made_just_before_the_locks_is_on_later_terms(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    renewal, change = renewing(plan), decide(plan)
    agree = partial(Renewal.objects.update, agreed_at=NOW + timedelta(seconds=1), amount=Decimal("15.00"))
    monkeypatch.setattr(SubscriptionQuerySet, "claim", committed_before_the_locks(agree))
    assert apply_price_changes(NOW + DAY, unlimited) == 0
    renewal.refresh_from_db()
    change.refresh_from_db()
    assert (renewal.amount, renewal.new_amount, change.finished_at) == (Decimal("15.00"), None, NOW + DAY)
    assert mail.outbox == []


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
