"""Stripe's list of events: the facts that the webhook would have told, page by page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from payments.errors import KeyRefused, PaymentError, ProviderRefused, ProviderUnavailable
from payments.providers.interface import FactKind
from payments.providers.stripe.adapter import StripeProvider
from tests.payments.providers.stripe.scripted import Script
from tests.payments.webhooks.signed_events import dispute, event, intent, refund

SINCE = datetime(2026, 11, 25, tzinfo=UTC)


def page(*events: object, more: bool = False) -> dict[str, object]:
    return {"object": "list", "url": "/v1/events", "has_more": more, "data": list(events)}


def test_every_page_is_read_and_becomes_the_facts_of_the_webhook(script: Script, provider: StripeProvider) -> None:
    script.answer(page(event("charge.dispute.closed", dispute("lost")), event("refund.created", refund()), more=True))
    script.answer(page(event("payment_intent.succeeded", intent(7))))

    facts = list(provider.since(SINCE))

    assert [(fact.kind, fact.transaction_id, fact.of) for fact in facts] == [
        (FactKind.DISPUTE_LOST, "dp_1", "pi_1"),
        (FactKind.REFUNDED, "re_1", "pi_1"),
        (FactKind.SUCCEEDED, "pi_1", ""),
    ]
    assert (facts[2].order_id, facts[2].amount, facts[2].currency) == (7, Decimal("9.90"), "EUR")
    assert script.requests[0].parameters["created[gte]"] == str(int(SINCE.timestamp()))
    assert "payment_intent.succeeded" in script.requests[0].parameters.values()


@pytest.mark.parametrize(
    ("unreadable", "reason"),
    [
        (event("payment_intent.succeeded", intent(8, currency="bgn"), id="evt_x"), "UnknownCurrency"),
        (event("payment_intent.succeeded", intent(8, amount_received=None), id="evt_x"), "KeyError"),
        (event("refund.created", refund(created="tomorrow"), id="evt_x"), "TypeError"),
        (event("charge.dispute.created", dispute(currency=978), id="evt_x"), "AttributeError"),
        (event("payment_intent.succeeded", intent(8), id="evt_x", created=10**20), "OverflowError"),
    ],
)
def test_event_that_cannot_be_read_hides_no_other(
    script: Script, provider: StripeProvider, unreadable: dict[str, Any], reason: str
) -> None:
    script.answer(page(unreadable, event("payment_intent.succeeded", intent(7))))

    told, money = provider.since(SINCE)

    assert (told.kind, told.transaction_id) == (FactKind.UNREADABLE, "")
    assert told.code.startswith("evt_x: ")
    assert told.code.endswith(f": {reason}")
    assert (money.kind, money.order_id) == (FactKind.SUCCEEDED, 7)


@pytest.mark.parametrize("status", ["failed", "canceled"])
def test_refund_that_came_back_is_told_with_its_reason(script: Script, provider: StripeProvider, status: str) -> None:
    came_back = refund(status=status, failure_reason="expired_or_canceled_card", metadata={"refund": "a-key"})
    script.answer(page(event("refund.created", refund(status="pending")), event("refund.failed", came_back)))
    (fact,) = provider.since(SINCE)
    assert (fact.kind, fact.reference, fact.code) == (FactKind.REFUND_FAILED, "a-key", "expired_or_canceled_card")
    assert (fact.of, fact.amount) == ("pi_1", Decimal("9.90"))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, ProviderUnavailable),
        (429, ProviderUnavailable),
        (401, KeyRefused),
        (403, KeyRefused),
        (400, ProviderRefused),
    ],
)
def test_list_that_cannot_be_read_is_told(
    script: Script, provider: StripeProvider, status: int, error: type[PaymentError]
) -> None:
    script.refuse(status)
    with pytest.raises(error) as raised:
        list(provider.since(SINCE))
    assert type(raised.value) is error
