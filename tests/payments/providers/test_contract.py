"""Contract of payment providers: what holds for each of them, however it takes the money."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation import clock
from payments.attention import needs_attention
from payments.errors import ProviderRefused
from payments.models import Order, Payment, PaymentMethod, WebhookMessage
from payments.models.present_provider import provider_name
from payments.providers import registry
from payments.providers.interface import FactKind, OutcomeKind, Page
from payments.reconciling import reconcile
from payments.refunds.requests import process_refunds, request_refund
from payments.webhooks import inbox
from subscriptions.models import Subscription
from tests.infra.local_provider.conftest import Received, receiver, visit  # noqa: F401 - a fixture
from tests.payments.opened_orders import first_order
from tests.payments.providers.houses import (
    CANCEL,
    LINKS_SECRET,
    PAYER,
    RETURN,
    Delivery,
    House,
    LinksHouse,
    deliver,
    record_transfer,
    stripe_house,
)
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db(transaction=True)

Kind = OutcomeKind


@pytest.fixture
def stripe(settings: LazySettings, receiver: Received) -> Iterator[House]:  # noqa: F811 - the fixture
    """Return Stripe's adapter on the local provider, over HTTP."""
    with stripe_house(settings, receiver) as house:
        yield house


@pytest.fixture
def links(settings: LazySettings) -> House:
    """Return the example's adapter, which only listens."""
    settings.PAYMENT_PROVIDER = "examples.payment_links.provider.PaymentLinks"
    settings.PAYMENT_PROVIDER_URL, settings.PAYMENT_PROVIDER_KEY = "https://links.example.com", "key"
    settings.PAYMENT_PROVIDER_WEBHOOK_SECRETS = [LINKS_SECRET]
    return LinksHouse()


@pytest.fixture(params=["stripe", "links"])
def house(request: pytest.FixtureRequest) -> House:
    """Return each of the houses in turn."""
    found: House = request.getfixturevalue(request.param)
    return found


def begun(house: House, order: Order) -> Page:
    """Return the page of the order, whose reference is stored."""
    page = house.provider.begin(order, RETURN, CANCEL)
    order.way, order.provider, order.reference = Order.Way.PAGE, house.provider.name, page.reference
    order.save(update_fields=["way", "provider", "reference"])
    return page


def paid(house: House, **plan: Any) -> Payment:
    """Return the payment of an order that was paid on its page and told by webhooks."""
    order = first_order(make_plan(**plan), now=clock.now())
    assert house.pay(begun(house, order))
    assert {deliver(house, delivery) for delivery in house.deliveries()} == {200}
    return Payment.objects.get(order=order)


def test_adapter_is_found_by_the_setting_and_names_its_page(house: House) -> None:
    found = registry.current()
    assert found is not None
    assert type(found) is type(house.provider)
    assert type(found).name == found.name == provider_name()
    page = begun(house, first_order(now=clock.now()))
    assert page.url.startswith(f"{found.origin}/")


def test_page_of_an_order_is_the_same_again_and_takes_nothing_by_itself(house: House) -> None:
    order = first_order(now=clock.now())
    page = begun(house, order)
    assert house.provider.begin(order, RETURN, CANCEL).reference == page.reference
    assert house.provider.ask(page.reference).kind is Kind.OPEN
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("price", "currency"), [(Decimal("9.90"), "EUR"), (Decimal(980), "JPY"), (Decimal("1.230"), "KWD")]
)
def test_paid_page_becomes_one_payment_and_one_period(house: House, price: Decimal, currency: str) -> None:
    payment = paid(house, price=price, currency=currency)
    assert (payment.amount, payment.currency, payment.surplus) == (price, currency, False)
    assert payment.provider == house.provider.name
    assert payment.order is not None
    assert payment.order.state == "paid"
    assert Subscription.objects.get().user_id == payment.order.user_id


def test_asking_after_the_money_moved_names_the_same_transaction_or_waits(house: House) -> None:
    payment = paid(house)
    assert payment.order is not None
    for outcome in (house.provider.ask(payment.order.reference), house.provider.close(payment.order.reference)):
        assert outcome.kind in {Kind.SUCCEEDED, Kind.OPEN, Kind.UNKNOWN}
        assert outcome.transaction_id in {"", payment.transaction_id}


def test_what_is_closed_cannot_be_paid_any_more(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    page = begun(house, first_order(now=clock.now()))
    if house.provider.close(page.reference).kind is not Kind.CLOSED:
        later = clock.now() + timedelta(days=1)
        monkeypatch.setattr("foundation.clock.now", lambda: later)
        monkeypatch.setattr("time.time", later.timestamp)
        assert house.provider.close(page.reference).kind is Kind.CLOSED
    assert not house.pay(page)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("backwards", [False, True])
def test_messages_end_in_the_same_rows_in_any_order_and_however_often(house: House, backwards: bool) -> None:
    assert house.pay(begun(house, first_order(now=clock.now())))
    house.give_back(transaction_told(house), Decimal("4.00"))
    sent = house.deliveries()[::-1] if backwards else house.deliveries()
    assert {deliver(house, delivery) for delivery in sent * 2} == {200}
    inbox.process_pending(house.provider, clock.now() + timedelta(hours=1), lambda: timedelta(minutes=5))
    rows = sorted(Payment.objects.values_list("kind", "amount", "of__transaction_id", "surplus"))
    assert rows == [
        ("payment", Decimal("9.90"), None, False),
        ("refund", Decimal("-4.00"), transaction_told(house), False),
    ]
    assert Order.objects.get().state == "paid"
    assert not WebhookMessage.objects.filter(outcome="pending").exists()


def transaction_told(house: House) -> str:
    """Return the transaction of the money that messages tell of."""
    messages = (house.provider.message(sent.headers, sent.body, clock.now()) for sent in house.deliveries())
    facts = [fact for message in messages for fact in house.provider.facts(message)]
    (transaction,) = {fact.transaction_id for fact in facts if fact.kind is FactKind.SUCCEEDED}
    return transaction


def flipped(delivery: Delivery) -> Delivery:
    body = bytearray(delivery.body)
    body[len(body) // 2] ^= 1
    return replace(delivery, body=bytes(body))


def unsigned(delivery: Delivery) -> Delivery:
    return replace(delivery, headers={})


def signed_by_another(delivery: Delivery) -> Delivery:
    return replace(delivery, headers={name: value[:-6] + "AAAAA=" for name, value in delivery.headers.items()})


@pytest.mark.parametrize("change", [flipped, unsigned, signed_by_another])
def test_forged_message_is_refused_without_a_row_or_a_query(
    house: House, change: Callable[[Delivery], Delivery]
) -> None:
    assert house.pay(begun(house, first_order(now=clock.now())))
    delivery = house.deliveries()[0]
    with CaptureQueriesContext(connection) as queries:
        assert deliver(house, change(delivery)) == 400
    assert list(queries) == []
    assert deliver(house, delivery) == 200


@pytest.mark.parametrize("minutes", [-6, 6])
def test_message_of_another_time_is_refused(house: House, minutes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert house.pay(begun(house, first_order(now=clock.now())))
    delivery = house.deliveries()[0]
    another = clock.now() + timedelta(minutes=minutes)
    with monkeypatch.context() as patch:
        patch.setattr("foundation.clock.now", lambda: another)
        assert deliver(house, delivery) == 400
    assert not WebhookMessage.objects.exists()


def test_stored_messages_hold_nobodys_address(house: House) -> None:
    payment = paid(house)
    assert payment.order is not None
    stored = str(list(WebhookMessage.objects.values_list("body", flat=True)))
    assert payment.transaction_id in stored
    assert PAYER not in stored
    assert payment.order.user.email not in stored


def test_money_given_back_by_the_house_is_recorded_once(house: House) -> None:
    payment = paid(house)
    house.give_back(payment.transaction_id, Decimal("4.00"))
    for delivery in house.deliveries() * 2:
        assert deliver(house, delivery) == 200
    refund = Payment.objects.get(kind="refund")
    assert (refund.amount, refund.of_id) == (Decimal("-4.00"), payment.pk)
    assert Subscription.objects.get().status == "active"


def test_refund_is_given_once_per_key_or_refused(house: House) -> None:
    payment = paid(house)
    outcomes = [house.provider.refund(payment, Decimal("4.00"), "refund-7") for _time in range(2)]
    if house.refunds:
        assert [outcome.kind for outcome in outcomes] == [Kind.SUCCEEDED] * 2
        assert len({outcome.transaction_id for outcome in outcomes}) == 1
    else:
        assert [outcome.kind for outcome in outcomes] == [Kind.DECLINED] * 2
        assert all(outcome.code for outcome in outcomes)


@pytest.mark.parametrize("told", ["before we ask", "after we asked"])
@pytest.mark.parametrize(("back", "asked"), [("9.90", "9.90"), ("9.90", "4.00")])
def test_refund_in_the_dashboard_finishes_the_one_that_we_are_asked_for(
    stripe: House, told: str, back: str, asked: str
) -> None:
    payment, now = paid(stripe), clock.now()
    request = request_refund(payment, Decimal(asked), "outage", ends_now=True, now=now, actor=None)
    stripe.give_back(payment.transaction_id, Decimal(back))
    if told == "before we ask":
        deliver_all(stripe)
    process_refunds(stripe.provider, now, lambda: timedelta(hours=1))

    returned = Payment.objects.get(kind="refund")
    request.refresh_from_db()
    assert (request.state, request.transaction_id) == ("done", returned.transaction_id)
    assert request.code == ("" if asked == back else "superseded")
    assert (returned.amount, returned.of) == (-Decimal(back), payment)
    assert not any(needs_attention(now + timedelta(days=30)).values())
    assert Subscription.objects.get().status == "expired", "as whoever asked for it wanted"
    deliver_all(stripe)
    assert Payment.objects.filter(kind="refund").count() == 1


def deliver_all(house: House) -> None:
    for delivery in house.deliveries():
        assert deliver(house, delivery) == 200


def test_list_tells_of_the_money_and_what_has_none_accuses_nobody(house: House) -> None:
    payment = paid(house)
    begin = payment.paid_at - timedelta(days=1)
    listed = house.provider.since(begin)
    assert (listed is not None) is house.lists
    if listed is not None:
        transactions = {fact.transaction_id for fact in listed if fact.kind is FactKind.SUCCEEDED}
        assert transactions == {payment.transaction_id}
    found = reconcile(house.provider, begin, payment.paid_at + timedelta(hours=3))
    assert (found.recorded, found.failed, found.unaccounted) == (0, 0, [])


def test_unknown_customer_is_forgotten_without_an_error(house: House) -> None:
    house.provider.forget("cus_unknown")


def test_saved_method_is_charged_once_or_never(house: House) -> None:
    order = first_order(now=clock.now())
    if house.provider.charges_itself:
        method = PaymentMethod(provider=house.provider.name, customer="customer", token="token")
        with pytest.raises(ProviderRefused):
            house.provider.prepare(order, method, 1)
        with pytest.raises(ProviderRefused):
            house.provider.save_method("1", "", RETURN, CANCEL)
        return
    page = house.provider.save_method(str(order.user_id), "", RETURN, CANCEL)
    assert house.pay(page)
    saved = house.provider.ask(page.reference).method
    assert saved is not None
    method = PaymentMethod(provider=house.provider.name, customer=saved.customer, token=saved.token)
    reference = house.provider.prepare(order, method, 1)
    assert house.provider.ask(reference).kind is Kind.OPEN
    charged = [house.provider.charge(reference, method, number) for number in (1, 2)]
    assert {outcome.transaction_id for outcome in charged} - {""} == {house.provider.ask(reference).transaction_id}
    assert house.provider.close(reference).kind is Kind.SUCCEEDED


def offered(page: Page) -> list[str]:
    """Return the methods that the local provider's page offers."""
    return re.findall(r'name="card" value="(\w+)"', visit(page.url).text)


def pay_and_authenticate(page: Page, method: str) -> None:
    """Pay on the local provider's page, and tell the bank that it is us if it asks."""
    asked = visit(page.url, action="pay", card=method).location
    if asked.startswith("/authenticate/"):
        assert visit(page.url.partition("/c/")[0] + asked, action="complete").status == 303


def test_every_method_that_a_renewing_page_offers_is_charged_later(stripe: House) -> None:
    assert "pm_ideal" in offered(begun(stripe, first_order(now=clock.now())))
    order = first_order(now=clock.now())
    order.renews = True
    methods = offered(stripe.provider.begin(order, RETURN, CANCEL))
    methods.remove("pm_failed_at")  # its bank refuses each charge
    for name in methods:
        page = stripe.provider.begin(order, RETURN, CANCEL)
        pay_and_authenticate(page, name)
        saved = stripe.provider.ask(page.reference).method
        assert saved is not None, name
        method = PaymentMethod(provider="stripe", customer=saved.customer, token=saved.token)
        charged = stripe.provider.charge(stripe.provider.prepare(order, method, 1), method, 1)
        assert charged.kind in {Kind.SUCCEEDED, Kind.PENDING}, name


def test_transfer_is_recorded_once_by_staff_and_asks_no_adapter(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_INSTRUCTIONS = "manual", "Acme Ltd"
    assert registry.current() is None
    order = first_order(now=clock.now())
    for _time in range(2):
        record_transfer(order, "2026-31")
    payment = Payment.objects.get()
    assert (payment.provider, payment.amount, payment.surplus) == ("manual", order.amount, False)
    assert Subscription.objects.get().user_id == order.user_id
