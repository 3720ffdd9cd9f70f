"""Payment method page: replace, remove, and automatic renewal."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from foundation import clock
from payments.facts import apply
from payments.mail_texts import plan_change_planned
from payments.methods.saved_methods import replace_method
from payments.models import Order, PaymentMethod, Renewal
from payments.providers.interface import Fact, FactKind, MethodDetails
from payments.renewal.agreements import renews_already
from payments.renewal.automatic_renewal import renewal_of
from tests.payments.methods.told_methods import saved
from tests.payments.opened_orders import renewal_order
from tests.payments.providers.stripe.scripted import Answer, Script
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def page(browser: Client) -> str:
    return browser.get(reverse("payment_method")).content.decode()


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
