"""Cards that expire before the next renewal: told once per method and period."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.db.models import F

from foundation.email_addresses import address_of
from payments.mail_texts import card_expires
from payments.methods.card_expiries import AHEAD, tell_of_expiries
from payments.methods.saved_methods import replace_method
from payments.models import PaymentMethod, Renewal
from payments.providers.interface import MethodDetails
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_stripe")]

DAY = timedelta(days=1)
LAST_DAY = date(2026, 12, 29)
"""The charge is on 30 December, a day before the end."""


@pytest.fixture
def renewal() -> Renewal:
    return renewing()


def renewing(expires: date | None = LAST_DAY) -> Renewal:
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    method = PaymentMethod.objects.create(
        user=held.user, provider="stripe", customer="cus_1", token=f"pm_{held.pk}", last4="4242", expires=expires
    )
    return Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=NOW
    )


def unlimited() -> timedelta:
    return DAY


def tell(days: int = 10) -> int:
    with time_machine.travel(NOW + days * DAY, tick=False):
        return tell_of_expiries(NOW + days * DAY, unlimited)


def test_owner_is_told_once_of_the_period(renewal: Renewal) -> None:
    assert tell() == 1
    (sent,) = mail.outbox
    assert sent.to == [address_of(renewal.subscription.user)]
    renews = "Monthly renews on Dec. 31, 2026, 03:00 UTC for 9.90 EUR"
    for part in ("•••• 4242", "12/2026", renews, "/payments/method/"):
        assert part in str(sent.body)
    assert [tell(days) for days in (10, 11, 29)] == [0, 0, 0]


def test_next_period_is_told_of_anew(renewal: Renewal) -> None:
    tell()
    held = Service.renew_subscription(renewal.subscription, now=NOW + 20 * DAY)
    assert tell_of_expiries(held.end_date - AHEAD, unlimited) == 1


def test_other_card_that_expires_too_is_told_of_and_a_lasting_one_is_not(renewal: Renewal) -> None:
    tell()
    user = renewal.subscription.user
    for token, expires, mails in (("pm_x", LAST_DAY, 1), ("pm_y", LAST_DAY + DAY, 0)):
        replace_method(user, "stripe", MethodDetails("cus_1", token, "visa", "1111", expires), NOW + DAY)
        assert tell() == mails


@pytest.mark.parametrize("why", ["lasts", "no date", "off", "cancelled", "removed", "expired", "far"])
def test_nobody_is_told_without_a_charge_to_come(renewal: Renewal, why: str) -> None:
    match why:
        case "lasts":
            PaymentMethod.objects.update(expires=LAST_DAY + DAY)
        case "no date":
            PaymentMethod.objects.update(expires=None)
        case "off":
            Renewal.objects.update(auto_renew=False)
        case "cancelled":
            Service.cancel_subscription(renewal.subscription, now=NOW)
        case "removed":
            PaymentMethod.objects.update(removed_at=NOW)
        case "expired":
            Service.cancel_now(renewal.subscription, now=NOW + DAY)
        case "far":
            Subscription.objects.update(end_date=F("end_date") + 30 * DAY)
    assert tell() == 0
    assert mail.outbox == []


@pytest.mark.parametrize(("agreed", "price", "mails"), [(0, 30, 0), (None, 0, 0), (30, 0, 1), (None, 30, 1)])
def test_planned_plan_that_costs_nothing_needs_no_card(
    renewal: Renewal, agreed: int | None, price: int, mails: int
) -> None:
    Subscription.objects.update(next_plan=make_plan(name="Other", price=price))
    Renewal.objects.update(next_amount=agreed)
    assert tell() == mails


def test_mail_of_a_card_that_was_replaced_meanwhile_is_obsolete(renewal: Renewal) -> None:
    key = str(renewal.subscription.user_id)
    assert card_expires("a@example.com", key, NOW + 10 * DAY) is not None
    PaymentMethod.objects.update(expires=date(2030, 12, 31))
    assert card_expires("a@example.com", key, NOW + 10 * DAY) is None


def test_batches_reach_everybody() -> None:
    for _number in range(5):
        renewing()
    with time_machine.travel(NOW + 10 * DAY, tick=False):
        assert tell_of_expiries(NOW + 10 * DAY, unlimited, batch=2) == 5
    assert len({sent.to[0] for sent in mail.outbox}) == 5
