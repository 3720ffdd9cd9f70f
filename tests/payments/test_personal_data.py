"""Orders and payments in the export and the erasure of a user's data."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from accounts.erasure import erase_user
from foundation.personal_data import Erasure
from payments.errors import ProviderUnavailable
from payments.facts import apply
from payments.methods.forgetting import forget_customers
from payments.models import Dispute, Order, Payment, PaymentMethod, Refund, Renewal
from payments.personal_data import Payments
from payments.providers.interface import Fact, FactKind, MethodDetails
from payments.received_money.recording import record_payment
from subscriptions.announcements import unlimited
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


def test_export_has_orders_and_payments_of_this_user_alone() -> None:
    order = first_order()
    payment = record_payment(order, money(transaction_id="t-1"), now=NOW)
    record_payment(first_order(), money(), now=NOW)

    exported = Payments().export(order.user)

    assert [each["id"] for each in exported["orders"]] == [order.pk]
    assert [(each["id"], each["transaction_id"]) for each in exported["payments"]] == [(payment.pk, "t-1")]


def test_export_has_what_was_written_of_refunds_and_disputes_of_this_user_alone() -> None:
    order, other = first_order(), first_order()
    for each, reason in ((order, "moved away"), (other, "paid twice")):
        given = {"payment": record_payment(each, money(), now=NOW), "amount": Decimal(1), "currency": "EUR"}
        Refund.objects.create(**given, reason=reason, code="expired_card", requested_at=NOW, due_at=NOW)
        Dispute.objects.create(
            **given, provider="stripe", transaction_id=f"dp_{reason}", code=f"fraudulent: {reason}", opened_at=NOW
        )

    exported = Payments().export(order.user)

    (refund,), (dispute,) = exported["refunds"], exported["disputes"]
    assert (refund["reason"], refund["state"], refund["code"]) == ("moved away", "requested", "expired_card")
    assert (dispute["reason"], dispute["state"]) == ("fraudulent: moved away", "open")
    assert {refund["payment"], dispute["payment"]} == {exported["payments"][0]["id"]}


def test_erasure_and_leaving_void_open_orders_and_keep_what_was_paid() -> None:
    erased, left, paid = first_order(), first_order(), first_order()
    record_payment(paid, money(), now=NOW)

    Payments().erase(Erasure(erased.user, "erased", (), (), NOW + timedelta(days=1)))
    Payments().leave(left.user, NOW + timedelta(days=1))
    Payments().erase(Erasure(paid.user, "erased", (), (), NOW))

    states = dict(Order.objects.values_list("pk", "state"))
    assert states == {erased.pk: "void", left.pk: "void", paid.pk: "paid"}
    assert Payment.objects.count() == 1


def test_reason_of_a_refund_names_the_erased_user_no_more() -> None:
    order = first_order()
    payment = record_payment(order, money(), now=NOW)
    Refund.objects.create(
        payment=payment,
        amount=1,
        currency="EUR",
        requested_at=NOW,
        due_at=NOW,
        reason="Quast@example.com wrote, Quasten did not",
    )

    Payments().erase(Erasure(order.user, "erased-7", ["quast@example.com"], ["quast"], NOW))

    assert Refund.objects.get().reason == "erased-7 wrote, Quasten did not"


def test_order_that_the_provider_has_prepared_is_closed_there_before_it_is_void() -> None:
    order = first_order()
    Order.objects.filter(pk=order.pk).update(reference="cs_1", provider="stripe", way="page")

    Payments().erase(Erasure(order.user, "erased", (), (), NOW))

    order.refresh_from_db()
    assert (order.state, order.close_requested_at, order.due_at) == ("open", NOW, NOW)


def pay_on_the_page_after(end: Callable[[AbstractBaseUser], object]) -> Order:
    """Pay an order, with consent to renew, whose owner left after its page was open; the news comes by a message."""
    order = first_order()
    Order.objects.filter(pk=order.pk).update(
        reference="cs_1", provider="stripe", way="page", renews=True, consented_at=NOW
    )
    end(order.user)
    method = MethodDetails("cus_1", "pm_1", "visa", "4242")
    amount, currency = order.amount, order.currency
    fact = Fact(FactKind.SUCCEEDED, NOW, "cs_1", order.pk, "pi_1", amount=amount, currency=currency, method=method)
    with transaction.atomic():
        apply("stripe", fact, NOW)
    return Order.objects.get(pk=order.pk)


def test_money_that_comes_after_its_payer_left_becomes_a_period_that_does_not_renew() -> None:
    order = pay_on_the_page_after(lambda user: Payments().leave(user, NOW))

    assert order.state == "paid"
    assert not Renewal.objects.filter(auto_renew=True).exists()
    assert PaymentMethod.objects.get().last4 == "4242", "for the way back"


def test_card_by_which_an_erased_user_paid_is_forgotten() -> None:
    pay_on_the_page_after(lambda user: erase_user(user.pk, NOW))

    method = PaymentMethod.objects.get()
    assert (method.brand, method.last4, method.removed_at, method.forget_requested_at) == ("", "", NOW, NOW)
    assert not Renewal.objects.filter(auto_renew=True).exists()
    provider = Forgetful()
    assert forget_customers(provider, NOW, unlimited) == 1
    assert provider.deleted == ["cus_1"]


def saved_card(user: AbstractBaseUser) -> PaymentMethod:
    """Save a card, and let the user agree to renew a subscription by it."""
    method = PaymentMethod.objects.create(
        user_id=user.pk,
        provider="stripe",
        customer="cus_1",
        token=f"pm_{user.pk}",
        brand="visa",
        last4="4242",
        expires=date(2030, 1, 31),
    )
    subscription = Service.create_subscription(user, make_plan(), now=NOW)
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, method=method, amount=Decimal("9.90"), currency="EUR", agreed_at=NOW
    )
    return method


def test_erasure_turns_renewal_off_and_keeps_nothing_of_the_card() -> None:
    method = saved_card(make_user())

    Payments().erase(Erasure(method.user, "erased", (), (), NOW))

    method.refresh_from_db()
    assert (method.brand, method.last4, method.expires) == ("", "", None)
    assert (method.removed_at, method.forget_requested_at) == (NOW, NOW)
    assert not Renewal.objects.get().auto_renew


def test_who_leaves_keeps_the_card_for_the_way_back_and_is_not_charged() -> None:
    method = saved_card(make_user())

    Payments().leave(method.user, NOW)

    method.refresh_from_db()
    assert (method.last4, method.removed_at) == ("4242", None)
    assert not Renewal.objects.get().auto_renew


def test_export_has_the_cards_and_agreements_without_tokens() -> None:
    method = saved_card(make_user())
    exported = Payments().export(method.user)

    assert [(each["brand"], each["last4"]) for each in exported["payment_methods"]] == [("visa", "4242")]
    assert [(each["amount"], each["auto_renew"]) for each in exported["renewals"]] == [(Decimal("9.90"), True)]
    assert "pm_" not in str(exported)
    assert "cus_" not in str(exported)


class Forgetful:
    """Provider that deletes customers, or is not there."""

    name = "stripe"

    def __init__(self, *, is_there: bool = True) -> None:
        self.is_there = is_there
        self.deleted: list[str] = []
        self.broken = ""
        """Customer on which the adapter has a fault of its own."""

    def forget(self, customer: str) -> None:
        if customer == self.broken:
            raise KeyError(customer)
        if not self.is_there:
            raise ProviderUnavailable("no answer")
        self.deleted.append(customer)


def test_customer_of_an_erased_user_is_deleted_once_and_its_token_goes() -> None:
    method, other = saved_card(make_user()), saved_card(make_user())
    PaymentMethod.objects.filter(pk=other.pk).update(customer="cus_2")
    Payments().erase(Erasure(method.user, "erased", (), (), NOW))
    provider = Forgetful()

    assert [forget_customers(provider, NOW, unlimited) for _run in range(2)] == [1, 0]

    assert provider.deleted == ["cus_1"]
    method.refresh_from_db()
    assert (method.customer, method.token, method.forgotten_at) == ("", f"forgotten-{method.pk}", NOW)
    assert PaymentMethod.objects.get(pk=other.pk).token.startswith("pm_")


def test_customer_is_asked_for_again_until_the_provider_has_answered() -> None:
    method = saved_card(make_user())
    Payments().erase(Erasure(method.user, "erased", (), (), NOW))

    assert forget_customers(Forgetful(is_there=False), NOW, unlimited) == 0
    assert forget_customers(Forgetful(), NOW, unlimited) == 1


def test_customer_on_which_the_adapter_fails_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    first, second = saved_card(make_user()), saved_card(make_user())
    PaymentMethod.objects.filter(pk=first.pk).update(customer="cus_of_ada")
    for method in (first, second):
        Payments().erase(Erasure(method.user, "erased", (), (), NOW))
    provider = Forgetful()
    provider.broken = "cus_of_ada"

    assert forget_customers(provider, NOW, unlimited) == 1

    assert provider.deleted == ["cus_1"]
    assert list(PaymentMethod.objects.to_forget()) == [first]
    assert "cus_of_ada" not in str([record.__dict__ for record in caplog.records])
