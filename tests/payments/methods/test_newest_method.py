"""The card that was entered last is charged, whatever is told late, twice or by a clock ahead."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.erasure import erase_user
from foundation import clock
from payments.methods.customers import keep_customer
from payments.methods.saved_methods import method_of, remove_method, replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import Fact, FactKind, MethodDetails
from tests.payments.methods.told_methods import apply_told, charged_to, entered, saved
from tests.payments.opened_orders import first_order, renewal_order
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def test_card_of_somebody_who_did_not_come_back_takes_over(renewal: Renewal) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    Order.objects.filter(pk=order.pk).update(state="needs_subscriber", way="charge", due_at=None)
    apply_told(entered(renewal))
    order.refresh_from_db()
    assert charged_to(renewal) == "pm_new"
    assert order.state == "open"
    assert order.due_at is not None


def test_message_that_comes_after_its_user_came_back_changes_nothing(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer(saved())
    browser.get(reverse("payment_method_return"))
    Order.objects.filter(pk=order.pk).update(state="open", way="charge", due_at=clock.now() + DAY)
    before = PaymentMethod.objects.get(token="pm_1")
    apply_told(entered(renewal, "pm_1"))
    order.refresh_from_db()
    assert (PaymentMethod.objects.get(token="pm_1").saved_at, before.last4) == (before.saved_at, "4242")
    assert order.due_at is not None
    assert order.due_at > clock.now(), "a declined charge is not tried again at once"


def test_user_who_comes_back_after_the_message_changes_nothing(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    apply_told(entered(renewal, "pm_1"))
    Order.objects.filter(pk=order.pk).update(state="open", way="charge", due_at=clock.now() + DAY)
    online.answer(saved())
    browser.get(reverse("payment_method_return"))
    order.refresh_from_db()
    assert PaymentMethod.objects.get(token="pm_1").last4 == "4242"
    assert order.due_at is not None
    assert order.due_at > clock.now(), "a declined charge is not tried again at once"


def test_try_that_failed_since_is_no_newer_card(renewal: Renewal) -> None:
    PaymentMethod.objects.update(saved_at=clock.now() - 2 * DAY)
    keep_customer("stripe", "cus_2", renewal.subscription.user_id, clock.now(), clock.now())
    apply_told(entered(renewal, made_at=clock.now() - DAY))
    assert charged_to(renewal) == "pm_new"


def test_customer_of_a_failed_try_is_deleted_with_the_method_that_its_user_removes(renewal: Renewal) -> None:
    user = renewal.subscription.user
    keep_customer("stripe", "cus_1b", user.pk, clock.now(), clock.now())
    remove_method(user, clock.now())
    assert set(PaymentMethod.objects.to_forget().values_list("customer", flat=True)) == {"cus_1", "cus_1b"}
    assert not PaymentMethod.objects.filter(forget_requested_at=None).exists(), "the next page is for a new customer"


def test_customer_of_a_failed_try_is_deleted_if_its_user_has_removed_their_methods_since(renewal: Renewal) -> None:
    user, tried_at = renewal.subscription.user, clock.now()
    remove_method(user, clock.now())
    removed_at = PaymentMethod.objects.get(customer="cus_1").forget_requested_at
    keep_customer("stripe", "cus_told_late", user.pk, tried_at, clock.now())
    assert PaymentMethod.objects.get(customer="cus_told_late").forget_requested_at == removed_at
    assert PaymentMethod.objects.to_forget().filter(customer="cus_told_late").exists()
    keep_customer("stripe", "cus_tried_since", user.pk, clock.now(), clock.now())
    assert PaymentMethod.objects.filter(customer="cus_tried_since", forget_requested_at=None).exists()


def test_older_message_does_not_beat_a_newer_card(renewal: Renewal) -> None:
    apply_told(entered(renewal, "pm_newest"))
    apply_told(entered(renewal, "pm_late", clock.now() - DAY))
    assert charged_to(renewal) == "pm_newest"
    assert PaymentMethod.objects.filter(token="pm_late").exists()
    shown = method_of(renewal.subscription.user)
    assert shown is not None
    assert shown.token == "pm_newest"


def test_late_message_of_a_provider_whose_clock_is_ahead_does_not_bring_an_older_card_back(renewal: Renewal) -> None:
    user, now = renewal.subscription.user, clock.now()
    replace_method(user, "stripe", MethodDetails("cus_1", "pm_older"), now)
    replace_method(user, "stripe", MethodDetails("cus_1", "pm_newest"), now + timedelta(seconds=2))
    apply_told(entered(renewal, "pm_older", now + timedelta(seconds=6)))
    assert charged_to(renewal) == "pm_newest"


AHEAD = timedelta(seconds=6)
"""Clock of a provider, by which a message comes before it was made."""


def test_card_of_a_provider_whose_clock_is_ahead_is_charged_by_ours(renewal: Renewal) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    Order.objects.filter(pk=order.pk).update(state="needs_subscriber", way="charge", due_at=None)
    apply_told(entered(renewal, made_at=clock.now() + AHEAD))
    order.refresh_from_db()
    assert order.due_at is not None
    assert order.due_at <= clock.now(), "the next job charges it"


@pytest.mark.parametrize("renews", [True, False])
def test_card_saved_after_a_message_from_a_clock_ahead_is_the_last_one(renewal: Renewal, renews: bool) -> None:
    Renewal.objects.update(auto_renew=renews)
    apply_told(entered(renewal, "pm_earlier", clock.now() + AHEAD))
    replace_method(renewal.subscription.user, "stripe", MethodDetails("cus_1", "pm_last"), clock.now())
    last = method_of(renewal.subscription.user)
    assert last is not None
    assert last.token == "pm_last"


def test_card_that_was_removed_does_not_come_back(renewal: Renewal) -> None:
    PaymentMethod.objects.create(
        user=renewal.subscription.user, provider="stripe", customer="cus_1", token="pm_new", removed_at=clock.now()
    )
    apply_told(entered(renewal))
    assert charged_to(renewal) == "pm_old"


def test_message_about_a_deleted_user_does_not_wait_for_their_return(caplog: pytest.LogCaptureFixture) -> None:
    user = make_user()
    message = Fact(FactKind.METHOD_SAVED, clock.now(), method=MethodDetails("cus_9", "pm_9"), user_id=str(user.pk))
    user.delete()
    apply_told(message)
    assert not PaymentMethod.objects.exists()
    assert "a user who is gone" in caplog.text


def test_message_about_an_erased_user_gives_no_card_back(renewal: Renewal) -> None:
    erase_user(renewal.subscription.user_id, clock.now())
    apply_told(entered(renewal))
    renewal.refresh_from_db()
    assert not renewal.auto_renew
    assert not PaymentMethod.objects.usable().exists()
    assert PaymentMethod.objects.to_forget().filter(token="pm_new").exists()


def paid_with(order: Order, token: str, at: datetime) -> Fact:
    """Return what the provider's list tells of the order, however often it is read."""
    known: dict[str, Any] = {"order_id": order.pk, "transaction_id": f"tx_{order.pk}", "is_proven": True}
    method = MethodDetails("cus_1", token, "visa", "2222")
    return Fact(FactKind.SUCCEEDED, at, amount=order.amount, currency=order.currency, method=method, **known)


@pytest.fixture
def paid_first(online: Script) -> Order:
    """Return an order that its subscriber has paid on the page, and agreed to renew by the card of then."""
    now = clock.now()
    order = first_order(now=now - DAY)
    Order.objects.filter(pk=order.pk).update(renews=True, provider="stripe", consented_at=now)
    order.refresh_from_db()
    apply_told(paid_with(order, "pm_paid", now - DAY))
    order.refresh_from_db()
    return order


def test_payment_that_is_told_again_brings_no_older_card_back(paid_first: Order) -> None:
    user, held = paid_first.user, paid_first.subscription
    assert held is not None
    replace_method(user, "stripe", MethodDetails("cus_1", "pm_later"), clock.now())
    apply_told(paid_with(paid_first, "pm_paid", clock.now() - DAY))
    assert charged_to(held.renewal) == "pm_later"


def test_payment_that_is_told_again_brings_no_removed_card_back(paid_first: Order, online: Script) -> None:
    remove_method(paid_first.user, clock.now())
    PaymentMethod.objects.update(token="forgotten-1", customer="")  # as the job leaves it
    apply_told(paid_with(paid_first, "pm_paid", clock.now() - DAY))
    assert not PaymentMethod.objects.usable().exists()
    assert method_of(paid_first.user) is None


def test_card_of_a_payment_after_a_removal_is_kept(paid_first: Order) -> None:
    user, held = paid_first.user, paid_first.subscription
    assert held is not None
    remove_method(user, clock.now() - DAY / 2)
    order = renewal_order(held, clock.now())
    Order.objects.filter(pk=order.pk).update(renews=True, provider="stripe")
    order.refresh_from_db()
    apply_told(paid_with(order, "pm_new", clock.now()))
    assert charged_to(held.renewal) == "pm_new"
