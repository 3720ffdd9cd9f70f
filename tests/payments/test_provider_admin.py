"""Admin of messages, refunds and disputes: operators see what the runbook names, and change nothing."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from payments.models import Dispute, Refund, WebhookMessage
from payments.received_money.recording import record_payment
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW
from tests.support.staff import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    """Return the browser of staff who may look at what the provider told."""
    models = ("webhookmessage", "refund", "dispute")
    client.force_login(make_staff(*(f"payments.view_{model}" for model in models)))
    return client


def test_pending_message_shows_its_error(operator: Client) -> None:
    WebhookMessage.objects.create(
        provider="stripe",
        message_id="evt_1",
        type="charge.refunded",
        made_at=NOW,
        received_at=NOW,
        body={"id": "evt_1"},
        error="UnknownTransaction",
    )
    page = operator.get(reverse("admin:payments_webhookmessage_changelist"), {"outcome__exact": "pending"})
    assert "UnknownTransaction" in page.content.decode()


def test_refunds_and_disputes_are_shown_with_their_amounts(operator: Client) -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    common = {"payment": payment, "amount": Decimal("9.90"), "currency": "EUR"}
    refund = Refund.objects.create(**common, reason="paid twice", requested_at=NOW, due_at=NOW)
    Dispute.objects.create(**common, provider="stripe", transaction_id="dp_1", code="fraudulent", opened_at=NOW)

    assert "9.90 EUR" in operator.get(reverse("admin:payments_refund_changelist")).content.decode()
    assert "paid twice" in operator.get(reverse("admin:payments_refund_change", args=[refund.pk])).content.decode()
    assert "fraudulent" in operator.get(reverse("admin:payments_dispute_changelist")).content.decode()


@pytest.mark.parametrize("model", ["webhookmessage", "refund", "dispute"])
def test_nobody_adds_one_by_hand(operator: Client, model: str) -> None:
    assert operator.get(reverse(f"admin:payments_{model}_add")).status_code == 403
