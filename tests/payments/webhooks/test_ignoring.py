"""Webhook message that is never applied: an operator ignores it, which ends the alarm."""

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from foundation import clock
from payments.attention import needs_attention
from payments.jobs import process_payments
from payments.models import WebhookMessage
from payments.next_due import next_payment
from payments.providers.registry import current
from payments.refunds.overdue import PATIENCE
from payments.webhooks import inbox
from tests.payments.opened_orders import first_order
from tests.payments.webhooks.conftest import Send
from tests.payments.webhooks.signed_events import event, intent, refund
from tests.support.lambda_context import SCHEDULED, Context

pytestmark = pytest.mark.django_db

FOREIGN = event("refund.created", refund(payment_intent="pi_before_the_webhook"))
REASON = "paid-before-this-service"


@pytest.fixture
def message(send: Send) -> WebhookMessage:
    """Return a message about a payment that was made before there was a webhook; it has waited for too long."""
    assert send(FOREIGN) == 200
    WebhookMessage.objects.update(received_at=clock.now() - 2 * PATIENCE)
    return WebhookMessage.objects.get()


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", "ignore", *arguments, stdout=out)
    return out.getvalue()


def ignore(message: WebhookMessage, *options: str) -> str:
    return run(str(message.pk), "--reason", REASON, *options)


def metric(caplog: pytest.LogCaptureFixture) -> list[int]:
    """Return what a run of the job counts."""
    caplog.clear()
    with caplog.at_level(logging.INFO):
        process_payments(dict(SCHEDULED), Context())
    lines: list[Any] = [record.msg for record in caplog.records if record.name == "foundation.jobs.metrics"]
    return [line["PaymentsNeedAttention"] for line in lines if "PaymentsNeedAttention" in line]


def test_command_shows_first_and_ignores_with_apply(message: WebhookMessage, caplog: pytest.LogCaptureFixture) -> None:
    shown = f"message {message.pk}, provider stripe, type refund.created, outcome pending, error UnknownTransaction: "
    assert ignore(message).startswith(shown)
    message.refresh_from_db()
    assert (message.outcome, message.attempts) == ("pending", 1)

    with caplog.at_level(logging.INFO):
        assert f"message {message.pk}, outcome ignored" in ignore(message, "--apply")
    message.refresh_from_db()
    assert (message.outcome, message.error) == ("ignored", REASON)
    assert "a webhook message is ignored" in caplog.messages


@pytest.mark.django_db(transaction=True)
def test_ignored_message_ends_the_alarm_and_lets_the_database_sleep(
    message: WebhookMessage, caplog: pytest.LogCaptureFixture
) -> None:
    now = clock.now()
    assert (metric(caplog), needs_attention(now)["messages"], next_payment(now)) == ([1], 1, now)
    ignore(message, "--apply")
    assert (sum(metric(caplog)), needs_attention(now)["messages"], next_payment(now)) == (0, 0, None)


def test_repeated_delivery_does_not_wake_it(message: WebhookMessage, send: Send) -> None:
    ignore(message, "--apply")
    assert send(FOREIGN) == 200
    provider, later = current(), clock.now() + timedelta(days=1)
    assert provider is not None
    assert inbox.process_pending(provider, later, lambda: timedelta(hours=1)) == dict.fromkeys(
        ["applied", "failed", "pending"], 0
    )
    again = WebhookMessage.objects.get()
    assert (again.outcome, again.error, next_payment(later)) == ("ignored", REASON, None)


def test_message_that_was_applied_is_refused(send: Send) -> None:
    send(event("payment_intent.succeeded", intent(first_order().pk)))
    applied = WebhookMessage.objects.get()
    with pytest.raises(CommandError, match=f"webhook message {applied.pk} is applied"):
        ignore(applied, "--apply")
    applied.refresh_from_db()
    assert (applied.outcome, applied.error) == ("applied", "")


def test_first_reason_stays(message: WebhookMessage) -> None:
    ignore(message, "--apply")
    with pytest.raises(CommandError, match=f"webhook message {message.pk} is ignored"):
        run(str(message.pk), "--reason", "another", "--apply")
    message.refresh_from_db()
    assert message.error == REASON


def test_unknown_message_and_reasons_that_have_no_place_are_refused(message: WebhookMessage) -> None:
    with pytest.raises(CommandError, match="there is no webhook message 999999"):
        run("999999", "--reason", REASON, "--apply")
    for reason in (" ", "x" * 501):
        with pytest.raises(CommandError, match="a reason has 1 to 500 characters"):
            run(str(message.pk), "--reason", reason, "--apply")
    message.refresh_from_db()
    assert message.outcome == "pending"
