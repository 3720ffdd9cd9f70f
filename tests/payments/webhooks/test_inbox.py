"""Inbox: what fails stays with its error, and is tried again."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import LazySettings

from foundation import clock
from foundation.jobs import retention
from payments import facts
from payments.errors import UnreadableFact
from payments.models import Payment, WebhookMessage
from payments.providers.registry import current
from payments.webhooks import inbox
from payments.webhooks.inbox import pause_after
from tests.payments.opened_orders import first_order
from tests.payments.webhooks.conftest import Send
from tests.payments.webhooks.signed_events import event, intent, refund
from tests.support.factories import NOW

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
ENDLESS = timedelta(hours=1)


def fail(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def failing(*_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(inbox, "apply", failing)


def test_failure_after_the_message_is_stored_is_answered_200_and_tried_again(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = first_order()
    fail(monkeypatch, RuntimeError("ada@example.com"))
    assert send(event("payment_intent.succeeded", intent(order.pk))) == 200
    message = WebhookMessage.objects.get()
    assert (message.outcome, message.error, message.attempts) == ("pending", "RuntimeError", 1)

    monkeypatch.setattr(inbox, "apply", facts.apply)
    provider = current()
    assert provider is not None
    assert inbox.process_pending(provider, message.received_at, lambda: ENDLESS)["applied"] == 0, "too early"
    summary = inbox.process_pending(provider, clock.now() + 2 * MINUTE, lambda: ENDLESS)

    assert summary == {"applied": 1, "failed": 0, "pending": 0}
    message.refresh_from_db()
    assert (message.outcome, message.error) == ("applied", "")
    assert Payment.objects.get().order == order


def test_half_applied_facts_are_undone(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(provider: str, fact: Any, now: Any) -> None:
        facts.apply(provider, fact, now)
        raise UnreadableFact("the second half")

    monkeypatch.setattr(inbox, "apply", half)
    send(event("payment_intent.succeeded", intent(first_order().pk)))
    assert not Payment.objects.exists()
    assert WebhookMessage.objects.get().error == "UnreadableFact: the second half"


def test_one_message_that_always_fails_does_not_keep_the_others_waiting(send: Send) -> None:
    send(event("refund.created", refund(payment_intent="pi_unknown")))
    send(event("refund.created", refund(id="re_2")))
    send(event("payment_intent.succeeded", intent(first_order().pk)))
    provider = current()
    assert provider is not None
    assert inbox.process_pending(provider, clock.now() + MINUTE, lambda: ENDLESS) == {
        "applied": 1,
        "failed": 1,
        "pending": 1,
    }


def test_no_message_begins_when_the_time_is_short(send: Send) -> None:
    send(event("refund.created", refund()))
    provider = current()
    assert provider is not None
    assert inbox.process_pending(provider, clock.now() + MINUTE, lambda: timedelta(seconds=1))["failed"] == 0


def test_pauses_double_to_half_a_day() -> None:
    waited = [pause_after(attempts) for attempts in range(14)]
    pauses = [later - earlier for earlier, later in pairwise(waited)]
    assert pauses[:4] == [MINUTE, 2 * MINUTE, 4 * MINUTE, 8 * MINUTE]
    assert set(pauses[9:]) == {timedelta(hours=12)}


def test_old_messages_are_deleted_and_pending_ones_stay(settings: LazySettings) -> None:
    for number, (age, outcome) in enumerate([(91, "applied"), (91, "pending"), (89, "ignored")]):
        received = NOW - timedelta(days=age)
        WebhookMessage.objects.create(
            provider="stripe", message_id=str(number), made_at=received, received_at=received, body={}, outcome=outcome
        )
    assert retention.delete_old(NOW, lambda: ENDLESS)["webhook_messages"] == 1
    assert list(WebhookMessage.objects.order_by("pk").values_list("outcome", flat=True)) == ["pending", "ignored"]
