"""Messages about what others made in the same account, for numbers of their own that are also numbers of ours."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.signing import Signer

from foundation import clock
from payments.charging.calls import Pace
from payments.charging.charger import Charger
from payments.facts import apply
from payments.models import Order, OrderState, Payment, PaymentMethod, Renewal
from payments.providers.interface import Fact, Message
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.messages import kept_of
from payments.providers.stripe.metadata import named
from subscriptions.services import SubscriptionService
from tests.payments.opened_orders import first_order, renewal_order
from tests.payments.providers.stripe.answers import intent as answered
from tests.payments.providers.stripe.answers import session
from tests.payments.providers.stripe.scripted import Script
from tests.payments.webhooks.signed_events import intent
from tests.support.factories import make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("online")]


def told(type_: str, members: dict[str, Any]) -> Fact:
    """Return the fact of a message as it is stored."""
    (fact,) = StripeProvider().facts(Message("evt_1", type_, clock.now(), {"object": kept_of(members)}))
    return fact


def apply_told(type_: str, members: dict[str, Any]) -> None:
    apply("stripe", told(type_, members), clock.now())


def order_at_the_page() -> Order:
    """Open an order whose page is shown."""
    order = first_order(now=clock.now())
    Order.objects.update(way=Order.Way.PAGE, provider="stripe", reference="cs_1")
    order.refresh_from_db()
    return order


def saved_card(metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "object": "setup_intent",
        "id": "seti_1",
        "status": "succeeded",
        "customer": "cus_of_theirs",
        "payment_method": "pm_of_theirs",
        "metadata": metadata,
    }


def theirs(kind: str, number: object) -> dict[str, str]:
    """Return what another deployment of this service writes."""
    mark = Signer(key="another deployment's key", salt="payments.providers.stripe.metadata")
    return {kind: str(number), "signature": mark.signature(f"{kind}:{number}")}


def metadata_of_others(kind: str, number: object) -> list[dict[str, str]]:
    unsigned = {kind: str(number)}
    of_another_number = {kind: str(number), "signature": named(kind, f"{number}1")["signature"]}
    of_another_kind = {kind: str(number), "signature": named("other", number)["signature"]}
    return [unsigned, theirs(kind, number), of_another_number, of_another_kind]


@pytest.mark.parametrize("which", range(4))
def test_money_for_anothers_order_of_the_same_number_pays_none_of_ours(which: int) -> None:
    order = order_at_the_page()
    apply_told("payment_intent.succeeded", intent("", metadata=metadata_of_others("order", order.pk)[which]))
    order.refresh_from_db()
    assert (order.state, Payment.objects.exists()) == (OrderState.OPEN, False)
    assert order.due_at is not None, "the provider is asked about the page"


@pytest.mark.parametrize("which", range(4))
def test_card_of_who_paid_anothers_order_is_never_charged_for_ours(which: int) -> None:
    order = order_at_the_page()
    Order.objects.update(renews=True)
    apply_told("payment_intent.succeeded", intent(order.pk, id="pi_ours"))
    agreed = {"setup_future_usage": "off_session", "customer": "cus_of_theirs", "payment_method": "pm_of_theirs"}
    metadata = metadata_of_others("order", order.pk)[which]
    apply_told("payment_intent.succeeded", intent("", id="pi_theirs", metadata=metadata, **agreed))
    assert not PaymentMethod.objects.exists()
    theirs_ = Payment.objects.get(transaction_id="pi_theirs")
    assert (theirs_.surplus, theirs_.order) == (True, None)
    assert order.payments.get().transaction_id == "pi_ours"


@pytest.mark.parametrize(
    "state",
    [
        {"way": Order.Way.CHARGE, "reference": "pi_ours"},  # declined, and tried again on a day
        {"way": Order.Way.CHARGE, "reference": "pi_ours", "state": OrderState.NEEDS_SUBSCRIBER},
        {"way": Order.Way.PAGE, "reference": "cs_1"},  # opened by its subscriber long before it is due
        {"way": "", "reference": ""},
    ],
)
def test_money_for_anothers_order_makes_no_charge_of_ours_due(state: dict[str, Any]) -> None:
    subscription = SubscriptionService.create_subscription(make_user(), make_plan(), now=clock.now())
    method = PaymentMethod.objects.create(user=subscription.user, provider="stripe", customer="cus_1", token="pm_1")
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=clock.now()
    )
    order = renewal_order(subscription, clock.now())
    Order.objects.update(provider="stripe", due_at=None, **state)
    apply_told("payment_intent.succeeded", intent("", metadata={"order": str(order.pk)}))
    order.refresh_from_db()
    assert order.due_at is None
    assert Payment.objects.filter(order=order).count() == 0


def test_page_that_was_opened_before_numbers_were_signed_is_asked_about_and_paid(online: Script) -> None:
    order = order_at_the_page()
    apply_told("payment_intent.succeeded", intent("", metadata={"order": str(order.pk)}))
    online.answer(session("complete", payment_intent=answered()))
    Charger(StripeProvider(), clock.now, lambda: timedelta(minutes=15), Pace(per_second=1e6)).run()
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert Payment.objects.get().transaction_id == "pi_1"


def test_charge_that_was_prepared_before_numbers_were_signed_is_recorded() -> None:
    order = order_at_the_page()
    Order.objects.update(way=Order.Way.CHARGE, reference="pi_1", state=OrderState.UNKNOWN)
    apply_told("payment_intent.succeeded", intent("", metadata={"order": str(order.pk)}))
    order.refresh_from_db()
    assert order.state == OrderState.PAID


@pytest.mark.parametrize("which", range(4))
def test_card_of_anothers_user_of_the_same_number_is_never_ours(which: int) -> None:
    user = make_user()
    apply_told("setup_intent.succeeded", saved_card(metadata_of_others("user", user.pk)[which]))
    assert not PaymentMethod.objects.exists()


def test_card_of_our_user_is_kept_also_when_the_key_was_rotated(settings: LazySettings) -> None:
    user = make_user()
    metadata = named("user", user.pk)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next key"
    apply_told("setup_intent.succeeded", saved_card(metadata))
    assert PaymentMethod.objects.get().user == user
