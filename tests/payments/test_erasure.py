"""Erasure of a subscriber after a life full of payments, and what such a life must leave nowhere."""

import logging
from collections.abc import Iterator
from urllib.parse import unquote_plus

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.erasure import erase_user
from accounts.models import User
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local_provider.api.dispatch import ApiRequest
from infra.local_provider.api.idempotency import Answer
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET
from payments.models import Attempt, CancellationRequest, Dispute, Order, Payment, PaymentMethod, Refund, WebhookMessage
from tests.accounts.test_erasure import GIVEN, NAMED, NAMES, old_values_in
from tests.infra.local_provider.conftest import Received, receiver  # noqa: F401 - a fixture
from tests.payments.paying_life import PayingLife
from tests.payments.providers.houses import StripeHouse, stripe_house
from tests.payments.providers.stripe.answers import failure
from tests.payments.webhooks.signed_events import ADDRESS as WEBHOOK
from tests.payments.webhooks.signed_events import encoded, event, intent, signature
from tests.support.database_search import tables_with
from tests.support.factories import make_user
from tests.support.log_lines import written_lines

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "hildegunde.quast@example.com"
CARDS = ("4242424242424242", "4000000000009995")
INTENT_SECRET = "pi_9_secret_of_the_tests"


@pytest.fixture
def house(settings: LazySettings, receiver: Received) -> Iterator[StripeHouse]:  # noqa: F811 - the fixture
    """Return Stripe's adapter on the local provider, over HTTP."""
    with stripe_house(settings, receiver) as house:
        yield house


@pytest.fixture
def quast(db: None) -> User:
    """Create a user whose name and address are like no other text in the database."""
    return make_user(username=NAMED, email=ADDRESS, first_name=GIVEN)


@pytest.fixture
def life(aws: LocalAWS, house: StripeHouse, quast: User) -> PayingLife:
    """Return a life that has been lived."""
    lived = PayingLife(house, quast, f"{NAMED} ({ADDRESS})")
    lived.live()
    return lived


def books() -> list[object]:
    """Return what bookkeeping needs of all payments, refunds, disputes and orders."""
    return [
        list(Payment.objects.order_by("pk").values_list("pk", "amount", "currency", "paid_at", "transaction_id")),
        list(Refund.objects.order_by("pk").values_list("pk", "amount", "finished_at", "transaction_id")),
        list(Dispute.objects.order_by("pk").values_list("pk", "amount", "opened_at", "transaction_id")),
        list(Attempt.objects.order_by("pk").values_list("pk", "ended_at", "reference", "code")),
        list(Order.objects.order_by("pk").values_list("pk", "amount", "opened_at", "reference")),
    ]


def test_nothing_names_an_erased_subscriber_and_the_books_stay(
    life: PayingLife,
    aws: LocalAWS,
    quast: User,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    method = PaymentMethod.objects.get()
    old, known_as = (*NAMES, ADDRESS), (method.customer, method.token)
    found = tables_with(old).keys()
    assert {each._meta.db_table for each in (LogEntry, CancellationRequest, Refund)} <= found, "it finds what is there"
    assert WebhookMessage.objects.filter(type="charge.dispute.created").exists()
    before = books()
    caplog.set_level(logging.DEBUG)
    caplog.clear()
    capsys.readouterr()
    mails, events = len(aws.mails()), len(aws.events())

    assert erase_user(quast.pk, clock.now())
    life.job()

    assert tables_with(old) == {}
    # Stored messages name the customer, whom the provider has deleted, until their retention is over.
    assert tables_with(known_as).keys() <= {WebhookMessage._meta.db_table}
    assert books() == before
    assert old_values_in(written_lines(caplog), old) == old_values_in("".join(capsys.readouterr()), old) == set()
    assert old_values_in("".join(str(event) for event in aws.events()[events:]), old) == set()
    assert aws.mails(mails) == []


@pytest.mark.parametrize("renews", [True, False])
def test_provider_knows_no_customer_of_an_erased_subscriber(
    aws: LocalAWS, house: StripeHouse, quast: User, renews: bool
) -> None:
    life = PayingLife(house, quast, NAMED)
    life.buy(renews=renews)
    assert PaymentMethod.objects.exists() == renews
    assert len(customers_with_an_address(house)) == renews

    assert erase_user(quast.pk, clock.now())
    life.job()

    assert customers_with_an_address(house) == []


@pytest.mark.parametrize("erased_first", [False, True])
@pytest.mark.parametrize(
    "tried", [{"action": "decline"}, {"action": "authenticate"}, {"card": "pm_failed_at"}], ids=str
)
def test_provider_knows_no_customer_of_an_erased_user_who_never_paid(
    aws: LocalAWS, house: StripeHouse, quast: User, tried: dict[str, str], erased_first: bool
) -> None:
    """The page that is to keep a method makes a customer at the first try, whatever comes of it."""
    life = PayingLife(house, quast, NAMED)
    life.fail_to_buy(**tried)
    if not erased_first:
        life.job()
    assert len(customers_with_an_address(house)) == 1

    assert erase_user(quast.pk, clock.now())
    life.job()
    life.job()

    assert customers_with_an_address(house) == []
    assert not PaymentMethod.objects.exclude(customer="").exists()


def test_provider_knows_no_customer_of_an_erased_user_whose_card_was_not_saved(
    aws: LocalAWS, house: StripeHouse, quast: User
) -> None:
    life = PayingLife(house, quast, NAMED)
    life.fail_to_save_a_card()
    life.job()
    with house.local.ledger.transaction() as ledger:
        (made,) = ledger.select("customer")
    assert [method.customer for method in PaymentMethod.objects.all()] == [made["id"]]

    assert erase_user(quast.pk, clock.now())
    life.job()

    with house.local.ledger.transaction() as ledger:
        assert [each for each in ledger.select("customer") if not each.get("deleted")] == []


def test_page_after_a_failed_try_is_opened_for_the_same_customer(house: StripeHouse, quast: User) -> None:
    life = PayingLife(house, quast, NAMED)
    life.fail_to_buy(card="pm_failed_at")
    life.job()
    life.pay(Order.objects.get())
    assert [PaymentMethod.objects.usable().get().customer] == customers_with_an_address(house)


def customers_with_an_address(house: StripeHouse) -> list[str]:
    """Return the customers in the provider's ledger that are not deleted and have an address."""
    with house.local.ledger.transaction() as ledger:
        return [each["id"] for each in ledger.select("customer") if each.get("email")]


@pytest.fixture
def sent(house: StripeHouse, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return path, form and key of each request that the provider gets, without the header of the secret key."""
    requests: list[str] = []
    answer = house.local.dispatcher.handle

    def noted(request: ApiRequest) -> Answer:
        requests.append(f"{request.path} {unquote_plus(request.encoded)} {request.key}")
        return answer(request)

    monkeypatch.setattr(house.local.dispatcher, "handle", noted)
    return requests


def client_secrets(house: StripeHouse) -> list[str]:
    """Return the secrets by which a browser could act on the intents of the provider's ledger."""
    with house.local.ledger.transaction() as ledger:
        kept = [*ledger.select("payment_intent"), *ledger.select("setup_intent")]
    return [each["client_secret"] for each in kept]


def tell_of_cards(order: Order) -> None:
    """Receive a signed message that holds more than ours need: card numbers and a secret; and a forged one."""
    failed = failure("card_declined") | {"message": f"{CARDS[1]} was declined", "payment_method": {"number": CARDS[1]}}
    members = {"client_secret": INTENT_SECRET, "payment_method": {"id": "pm_9", "card": {"number": CARDS[0]}}}
    told = intent(order.pk, "requires_payment_method", id="pi_9", last_payment_error=failed, **members)
    body = encoded(event("payment_intent.payment_failed", told))
    statuses = [
        Client().post(WEBHOOK, body, content_type="application/json", headers={"Stripe-Signature": header}).status_code
        for header in (signature(body, WEBHOOK_SECRET), f"t=1,v1={WEBHOOK_SECRET}")
    ]
    assert statuses == [200, 400]
    stored = WebhookMessage.objects.get(body__object__id="pi_9").body["object"]
    assert stored["last_payment_error"] == {"code": "card_declined"}


def test_no_card_number_key_or_secret_is_stored_logged_mailed_or_sent(
    aws: LocalAWS,
    house: StripeHouse,
    quast: User,
    sent: list[str],
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    life = PayingLife(house, quast, NAMED)
    life.live()
    tell_of_cards(Order.objects.earliest("pk"))
    life.job()

    secrets = (*CARDS, SECRET_KEY, WEBHOOK_SECRET, INTENT_SECRET, *client_secrets(house))
    assert len(secrets) >= 7, "each intent has a secret of its own"
    mails = [mail.message.as_string() + mail.text("plain") + mail.text("html") for mail in aws.mails()]
    events = [str(each) for each in aws.events()]
    logs = [caplog.text, written_lines(caplog), *capsys.readouterr()]
    assert '"messages_applied"' in " ".join(logs), "extra members of the lines are searched too"
    assert mails
    assert events
    assert any("metadata[order]" in each for each in sent)
    written = {"logs": logs, "mails": mails, "events": events, "requests": sent}
    found = {place: old_values_in(" ".join(texts), secrets) for place, texts in written.items()}
    assert not any(found.values()), found
    assert tables_with(secrets) == {}
