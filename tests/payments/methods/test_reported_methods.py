"""Cards that are removed at the provider: their owner is told, once, what ends because of it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import transaction

from accounts.models import Profile
from foundation.email_addresses import address_of
from payments.facts import apply
from payments.mail_texts import card_removed
from payments.methods.forgetting import forget_customers
from payments.methods.saved_methods import remove_method, replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import Fact, FactKind, MethodDetails
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import renewal_order
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]

DAY = timedelta(days=1)


@pytest.fixture
def renewal() -> Renewal:
    user = make_user()
    method = PaymentMethod.objects.create(user=user, provider="stripe", customer="cus_1", token="pm_1")
    return renewing(make_plan(), method)


def renewing(plan: Plan, method: PaymentMethod) -> Renewal:
    held = Service.create_subscription(method.user, plan, now=NOW)
    return Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=NOW
    )


def remove_at_provider(at: datetime = NOW + DAY) -> None:
    with time_machine.travel(at, tick=False):
        apply("stripe", Fact(FactKind.METHOD_REMOVED, at, method=MethodDetails("cus_1", "pm_1")), at)


def test_owner_is_told_once_what_ends_and_when(renewal: Renewal) -> None:
    assert renewal.method is not None
    renewing(make_plan(name="Archive"), renewal.method)
    for _time in range(2):
        remove_at_provider()
    (sent,) = mail.outbox
    assert sent.to == [address_of(renewal.subscription.user)]
    ends = "Monthly with was removed. Monthly ends on Dec. 31, 2026, 03:00 UTC"
    for part in (ends, "Archive ends on", "/payments/method/"):
        assert part in str(sent.body)


def test_german_owner_is_told_in_german(renewal: Renewal) -> None:
    Profile.objects.update_or_create(user=renewal.subscription.user, defaults={"language": "de"})
    remove_at_provider()
    (sent,) = mail.outbox
    assert sent.subject.endswith("Ihr Abonnement verlängert sich nicht mehr")
    assert "Monthly endet am 31. Dezember 2026" in str(sent.body)


def test_late_subscription_ends_with_its_grace_period(renewal: Renewal) -> None:
    Subscription.objects.update(grace_until=renewal.subscription.end_date + 7 * DAY)
    remove_at_provider(renewal.subscription.end_date + DAY)
    (sent,) = mail.outbox
    assert "Monthly ends on Jan. 7, 2027" in str(sent.body)


@pytest.mark.parametrize("why", ["off", "cancelled", "ended", "other card", "never used", "removed here"])
def test_nobody_is_told_where_nothing_was_to_be_charged(renewal: Renewal, why: str) -> None:
    held = renewal.subscription
    match why:
        case "off":
            Renewal.objects.update(auto_renew=False)
        case "cancelled":
            Service.cancel_subscription(held, now=NOW)
        case "ended":
            Service.cancel_now(held, now=NOW + timedelta(hours=1))
        case "other card":
            replace_method(held.user, "stripe", MethodDetails("cus_1", "pm_2"), NOW)
        case "never used":
            Renewal.objects.all().delete()
        case "removed here":
            remove_method(held.user, NOW)
    mail.outbox.clear()
    remove_at_provider()
    assert mail.outbox == []


def test_mail_is_obsolete_once_another_card_is_charged(renewal: Renewal) -> None:
    user = renewal.subscription.user
    remove_at_provider()
    assert card_removed("", str(user.pk), NOW + DAY) is not None
    replace_method(user, "stripe", MethodDetails("cus_1", "pm_2"), NOW + DAY)
    assert card_removed("", str(user.pk), NOW + DAY) is None


def debit_arrives(order: Order) -> None:
    known: dict[str, Any] = {"order_id": order.pk, "is_proven": True, "transaction_id": "pi_1"}
    method, at = MethodDetails("cus_1", "pm_debit", "sepa_debit", "3000"), NOW + 5 * DAY
    fact = Fact(FactKind.SUCCEEDED, at, amount=order.amount, currency=order.currency, method=method, **known)
    with transaction.atomic():
        apply("stripe", fact, at)


def test_debit_on_its_way_renews_nothing_after_its_owner_was_told_that_nothing_is_charged(renewal: Renewal) -> None:
    order = renewal_order(renewal.subscription, NOW)
    Order.objects.update(state="pending", way="page", provider="stripe", renews=True, consented_at=NOW)
    remove_at_provider()
    (sent,) = mail.outbox
    assert "If you do nothing, we charge nothing." in str(sent.body)

    debit_arrives(order)
    renewal.refresh_from_db()
    assert not renewal.is_on

    replace_method(order.user, "stripe", MethodDetails("cus_1", "pm_2"), NOW + 6 * DAY)
    renewal.refresh_from_db()
    assert renewal.is_on, "as the mail has said"


@pytest.mark.parametrize("has_renewal", [True, False])
def test_method_that_was_removed_since_it_was_entered_does_not_come_back(
    renewal: Renewal, *, has_renewal: bool
) -> None:
    user = renewal.subscription.user
    remove_method(user, NOW + DAY)
    assert forget_customers(Forgetting(), NOW + DAY, lambda: DAY) == 1
    Renewal.objects.update(auto_renew=has_renewal)
    details = MethodDetails("cus_1", "pm_1", "visa", "4242")
    for days in (2, 3):
        apply("stripe", Fact(FactKind.METHOD_SAVED, NOW, method=details, user_id=str(user.pk)), NOW + days * DAY)
    assert not PaymentMethod.objects.usable().exists()
    assert PaymentMethod.objects.count() == 1
    assert Renewal.objects.get().method is None

    fresh = MethodDetails("cus_2", "pm_2", "visa", "4242")
    apply("stripe", Fact(FactKind.METHOD_SAVED, NOW + 2 * DAY, method=fresh, user_id=str(user.pk)), NOW + 3 * DAY)
    assert PaymentMethod.objects.usable().get().token == "pm_2"


class Forgetting:
    """Provider that deletes each customer."""

    name = "stripe"

    def forget(self, customer: str) -> None:
        assert customer == "cus_1"
