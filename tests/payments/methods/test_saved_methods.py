"""Payment method page: replace, remove, and automatic renewal."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.erasure import erase_user
from foundation import clock
from payments.facts import apply
from payments.mail_texts import plan_change_planned
from payments.methods.saved_methods import method_of, remove_method, replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import Fact, FactKind, MethodDetails
from payments.renewal.agreements import renews_already
from payments.renewal.automatic_renewal import renewal_of
from subscriptions.models import Subscription
from tests.payments.opened_orders import first_order, renewal_order
from tests.payments.providers.stripe.answers import intent, session
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.support.factories import make_plan, make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def renewal(online: Script) -> Renewal:
    """Create a subscription that renews automatically by a card."""
    now = clock.now()
    user = make_user()
    held = Subscription.objects.create(user=user, plan=make_plan(), start_date=now, end_date=now + DAY)
    method = PaymentMethod.objects.create(
        user=user, provider="stripe", customer="cus_1", token="pm_old", brand="visa", last4="1111"
    )
    return Renewal.objects.create(
        subscription=held, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=now
    )


@pytest.fixture
def browser(renewal: Renewal) -> Client:
    return sign_in(renewal.subscription.user)


def page(browser: Client) -> str:
    return browser.get(reverse("payment_method")).content.decode()


def saved(status: str = "complete") -> dict[str, object]:
    setup = {"object": "setup_intent", "id": "seti_1", "payment_method": intent()["payment_method"]}
    return session(status, mode="setup", setup_intent=setup if status == "complete" else None)


def test_page_shows_the_card_and_what_it_renews(browser: Client, online: Script) -> None:
    shown = page(browser)
    for part in ("Visa •••• 1111", "We charge 9.90 EUR", "Use another card"):
        assert part in shown
    assert online.address in browser.get(reverse("payment_method"))["Content-Security-Policy"]


def test_page_of_somebody_without_a_card_says_so(online: Script) -> None:
    assert "No card is saved" in page(sign_in(make_user()))


def test_new_card_takes_over_and_what_is_due_is_charged_at_once(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    Order.objects.filter(pk=order.pk).update(state="needs_subscriber", way="charge", due_at=None)
    online.answer(saved("open"))
    answer = browser.post(reverse("replace_payment_method"))
    assert answer["Location"].startswith("https://checkout.stripe.com/")
    assert online.last.parameters["customer"] == "cus_1"
    online.answer(saved())
    assert "Visa •••• 4242" in browser.get(reverse("payment_method_return"), follow=True).content.decode()

    renewal.refresh_from_db()
    order.refresh_from_db()
    assert renewal.method is not None
    assert renewal.method.token == "pm_1"
    assert order.state == "open"
    assert order.due_at is not None
    browser.get(reverse("payment_method_return"))
    assert len(online.requests) == 2  # asked once


def test_new_card_is_not_charged_for_an_order_that_only_its_subscriber_may_pay_yet(
    browser: Client, renewal: Renewal, online: Script
) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer(saved())
    browser.get(reverse("payment_method_return"))
    order.refresh_from_db()
    assert (order.state, order.due_at) == ("open", None)


def test_leaving_the_page_changes_nothing(browser: Client, renewal: Renewal, online: Script) -> None:
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer(saved("open"))
    assert "no card was saved" in browser.get(reverse("payment_method_return"), follow=True).content.decode()
    assert PaymentMethod.objects.get().token == "pm_old"


@pytest.mark.parametrize("status", [500, 429])
def test_provider_that_does_not_say_whether_a_card_was_saved_is_no_reason_to_say_no(
    browser: Client, online: Script, status: int
) -> None:
    online.answer(saved("open"))
    browser.post(reverse("replace_payment_method"))
    online.answer({}, status)
    shown = browser.get(reverse("payment_method_return"), follow=True).content.decode()
    assert "If you have entered a card, it appears here by itself." in shown
    assert "no card was saved" not in shown


def test_provider_that_does_not_answer_is_503(browser: Client, online: Script) -> None:
    online.answers.append(Answer(hang_up=True))
    assert browser.post(reverse("replace_payment_method")).status_code == 503


def test_removed_card_renews_nothing_and_is_forgotten(browser: Client, renewal: Renewal) -> None:
    browser.post(reverse("remove_payment_method"))
    renewal.refresh_from_db()
    method = PaymentMethod.objects.get()
    assert (renewal.auto_renew, renewal.method) == (False, None)
    assert method.removed_at is not None
    assert method.forget_requested_at is not None
    assert "No card is saved" in page(browser)


def test_card_is_not_removed_while_a_renewal_is_collected(browser: Client, renewal: Renewal) -> None:
    renewal_order(renewal.subscription, clock.now())
    answer = browser.post(reverse("remove_payment_method"), follow=True)
    assert "A renewal is being collected" in answer.content.decode()
    assert PaymentMethod.objects.get().removed_at is None


def test_automatic_renewal_is_turned_off_and_leads_to_the_terms_for_on(browser: Client, renewal: Renewal) -> None:
    order = renewal_order(renewal.subscription, clock.now())
    browser.post(reverse("auto_renew", args=[renewal.pk]))
    renewal.refresh_from_db()
    order.refresh_from_db()
    assert (renewal.auto_renew, order.state) == (False, "void")
    assert reverse("automatic_renewal", args=[renewal.subscription_id]) in page(browser)


def test_renewals_of_others_are_not_found(renewal: Renewal) -> None:
    assert sign_in(make_user()).post(reverse("auto_renew", args=[renewal.pk])).status_code == 404
    renewal.refresh_from_db()
    assert renewal.auto_renew


def entered(renewal: Renewal, reference: str = "pm_new", made_at: datetime | None = None) -> Fact:
    """Return the message that the user has entered this method on the provider's page."""
    user = str(renewal.subscription.user_id)
    return Fact(FactKind.METHOD_SAVED, made_at or clock.now(), method=MethodDetails("cus_1", reference), user_id=user)


def charged_to(renewal: Renewal) -> str:
    renewal.refresh_from_db()
    assert renewal.method is not None
    return renewal.method.token


def apply_told(fact: Fact) -> None:
    with transaction.atomic():
        apply("stripe", fact, clock.now())


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


def test_method_removed_at_the_provider_renews_nothing_on_any_page_or_mail(renewal: Renewal) -> None:
    held, now = renewal.subscription, clock.now()
    removed = MethodDetails("cus_1", "pm_old")
    browser = sign_in(held.user)
    assert "Automatic renewal is on." in browser.get(reverse("subscriptions")).content.decode()

    apply("stripe", Fact(FactKind.METHOD_REMOVED, now, method=removed), now)

    agreed = renewal_of(held)
    assert agreed is not None
    assert not agreed.is_on
    assert "Automatic renewal is off." in browser.get(reverse("subscriptions")).content.decode()
    page = browser.get(reverse("payment_method")).content.decode()
    assert "Access ends without a charge at this time:" in page
    assert "We charge" not in page
    german = browser.get(reverse("payment_method"), headers={"accept-language": "de"}).content.decode()
    assert "Wir buchen" not in german
    assert "no saved card can be charged" in browser.get(reverse("automatic_renewal", args=[held.pk])).content.decode()
    planned = plan_change_planned("", str(held.user_id), now)
    assert planned is not None
    assert "unless it is renewed for 9.90 EUR" in planned.text
    assert not renews_already(renewal_order(held, now))


def test_card_saved_after_one_was_removed_at_the_provider_renews_again(renewal: Renewal) -> None:
    now = clock.now()
    apply("stripe", Fact(FactKind.METHOD_REMOVED, now, method=MethodDetails("cus_1", "pm_old")), now)
    replace_method(renewal.subscription.user, "stripe", MethodDetails("cus_1", "pm_new"), now)
    agreed = renewal_of(renewal.subscription)
    assert agreed is not None
    assert agreed.is_on


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
