"""Erasure of a subscriber after a life full of payments."""

import logging
from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry

from accounts.erasure import erase_user
from accounts.models import User
from foundation import clock
from infra.lambda_local.emulator.local_aws import LocalAWS
from infra.local_provider.provider import SECRET_KEY, WEBHOOK_SECRET, LocalProvider
from payments.models import Attempt, CancellationRequest, Dispute, Order, Payment, PaymentMethod, Refund, WebhookMessage
from tests.accounts.test_erasure import GIVEN, NAMED, NAMES, old_values_in
from tests.infra.local_provider.conftest import Received, receiver  # noqa: F401 - a fixture
from tests.payments.paying_life import PayingLife
from tests.payments.providers.houses import StripeHouse
from tests.support.database_search import tables_with
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "hildegunde.quast@example.com"


@pytest.fixture
def house(settings: LazySettings, receiver: Received) -> Iterator[StripeHouse]:  # noqa: F811 - the fixture
    """Return Stripe's adapter on the local provider, over HTTP."""
    with LocalProvider(webhook_url=receiver.url) as local:
        settings.PAYMENT_PROVIDER, settings.STRIPE_API_BASE = "stripe", local.url
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = SECRET_KEY, [WEBHOOK_SECRET]
        yield StripeHouse(local, receiver)


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
    assert old_values_in(caplog.text, old) == old_values_in("".join(capsys.readouterr()), old) == set()
    assert old_values_in("".join(str(event) for event in aws.events()[events:]), old) == set()
    assert aws.mails(mails) == []
