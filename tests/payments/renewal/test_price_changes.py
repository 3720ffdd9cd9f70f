"""New prices for existing subscribers: notice first, and nobody is charged more than the last mail said."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.conf import LazySettings
from django.core import mail
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Profile
from foundation.email_addresses import address_of
from notifications.models import Notification
from payments.errors import PriceChangeRefused
from payments.mail_texts import price_changed
from payments.models import PriceChange, Renewal
from payments.received_money.recording import record_payment
from payments.renewal.automatic_renewal import price_of, renewal_of
from payments.renewal.price_changes import apply_price_changes, decide_price, fold_new_amounts
from payments.statistics import monthly_recurring_revenue
from subscriptions.models import Plan
from subscriptions.models.subscription import SubscriptionQuerySet
from tests.payments.charging.renewal_orders import committed_before_the_locks
from tests.payments.opened_orders import money
from tests.payments.renewal.agreed_prices import DAY, HOLDS, charged, decide, renewing, unlimited
from tests.support.factories import NOW, make_plan
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan()


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


def test_agreement_made_just_before_the_locks_is_on_later_terms(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    renewal, change = renewing(plan), decide(plan)
    agree = partial(Renewal.objects.update, agreed_at=NOW + timedelta(seconds=1), amount=Decimal("15.00"))
    monkeypatch.setattr(SubscriptionQuerySet, "claim", committed_before_the_locks(agree))
    assert apply_price_changes(NOW + DAY, unlimited) == 0
    renewal.refresh_from_db()
    change.refresh_from_db()
    assert (renewal.amount, renewal.new_amount, change.finished_at) == (Decimal("15.00"), None, NOW + DAY)
    assert mail.outbox == []
