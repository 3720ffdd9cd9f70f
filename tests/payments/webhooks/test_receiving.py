"""Receiving of webhooks: verified before anything else, stored once, answered 200 whatever becomes of the facts."""

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from payments.models import Payment, WebhookMessage
from payments.views.webhook import MAXIMUM_BYTES
from subscriptions.models import Subscription
from tests.payments.opened_orders import first_order
from tests.payments.webhooks.conftest import Send
from tests.payments.webhooks.signed_events import ADDRESS, SECRET, dispute, encoded, event, intent, signature
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


def test_money_that_a_message_reports_becomes_a_period(send: Send) -> None:
    order = first_order()
    assert send(event("payment_intent.succeeded", intent(order.pk))) == 200

    payment = Payment.objects.get()
    assert (payment.provider, payment.transaction_id, payment.order, payment.surplus) == (
        "stripe",
        "pi_1",
        order,
        False,
    )
    assert Subscription.objects.get().user == order.user
    assert WebhookMessage.objects.get().outcome == "applied"


def test_message_that_comes_again_changes_nothing(send: Send) -> None:
    told = event("payment_intent.succeeded", intent(first_order().pk))
    assert [send(told), send(told), send(told)] == [200, 200, 200]
    assert (WebhookMessage.objects.count(), Payment.objects.count()) == (1, 1)


def test_other_event_about_the_same_money_is_recorded_once(send: Send) -> None:
    order = first_order()
    for _event in range(2):
        send(event("payment_intent.succeeded", intent(order.pk)))
    assert (WebhookMessage.objects.count(), Payment.objects.count()) == (2, 1)


def test_completed_checkout_is_no_money(send: Send) -> None:
    order = first_order()
    session = {"object": "checkout.session", "id": "cs_1", "payment_status": "paid", "status": "complete"}
    assert send(event("checkout.session.completed", session | {"metadata": {"order": str(order.pk)}})) == 200
    assert not Payment.objects.exists()
    assert WebhookMessage.objects.get().outcome == "ignored"


def test_type_that_nobody_knows_is_stored_and_ignored(send: Send) -> None:
    assert send(event("issuing.card.designed", {"object": "issuing.card", "id": "ic_1"})) == 200
    assert WebhookMessage.objects.get().outcome == "ignored"


def test_stored_body_holds_nothing_that_names_a_person(send: Send) -> None:
    send(event("payment_intent.succeeded", intent(first_order().pk)))
    send(event("charge.dispute.created", dispute()))
    stored = str(list(WebhookMessage.objects.values()))
    assert "pi_1" in stored
    assert "example.com" not in stored


def test_money_that_names_no_order_is_a_surplus(send: Send) -> None:
    unnamed = intent("", metadata={"order": "x' OR 1=1"})
    assert send(event("payment_intent.succeeded", unnamed)) == 200
    assert send(event("payment_intent.succeeded", unnamed)) == 200
    payment = Payment.objects.get()
    assert (payment.surplus, payment.order, payment.amount) == (True, None, Decimal("9.90"))


@pytest.mark.parametrize(
    ("members", "reason"), [({"currency": "bgn"}, "UnknownCurrency"), ({"currency": None}, "KeyError")]
)
def test_message_that_cannot_be_read_waits_and_says_why(send: Send, members: dict[str, Any], reason: str) -> None:
    assert send(event("payment_intent.succeeded", intent(first_order().pk, **members))) == 200
    message = WebhookMessage.objects.get()
    assert (message.outcome, message.attempts) == ("pending", 1)
    assert message.error == f"UnreadableFact: payment_intent.succeeded cannot be read: {reason}"


def test_longest_id_and_type_have_a_place(send: Send) -> None:
    assert send(event("t" * 100, {"object": "x"}, id="e" * 200)) == 200
    message = WebhookMessage.objects.get()
    assert (message.type, message.message_id) == ("t" * 100, "e" * 200)


@pytest.mark.postgresql
@pytest.mark.parametrize("fields", [{"id": "evt\0"}, {"type": "a\0type"}])
def test_message_that_the_database_would_never_take_is_refused(send: Send, fields: dict[str, Any]) -> None:
    assert send(event("payment_intent.succeeded", intent(1)) | fields) == 400
    assert send(event("payment_intent.succeeded", intent(1, customer="cus\0"))) == 400
    assert not WebhookMessage.objects.exists()


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/"])
def test_no_redirect_is_needed(send: Send, address: str) -> None:
    assert send(event("ping", {"object": "x"}), address=address) == 200


@pytest.mark.parametrize("address", ["/payments/webhooks/paddle", "/payments/webhooks/", "/payments/webhooks/a/b"])
def test_other_providers_are_not_found(send: Send, address: str) -> None:
    assert send(event("ping", {"object": "x"}), address=address) == 404


def test_without_a_provider_there_is_no_webhook(send: Send, settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    assert send(event("ping", {"object": "x"})) == 404


def test_page_view_of_the_webhook_is_refused() -> None:
    assert Client().get(ADDRESS).status_code == 405


def refused() -> dict[str, tuple[bytes, str]]:
    """Return bodies with the signatures that do not hold for them."""
    body = encoded(event("payment_intent.succeeded", intent(1)))
    now = int(time.time())
    flipped = bytes([body[0], body[1] ^ 1, *body[2:]])
    signed = signature(body)
    return {
        "no signature": (body, ""),
        "another secret": (body, signature(body, "whsec_other")),
        "one flipped bit": (flipped, signed),
        "CRLF became LF": (b"{}\n", signature(b"{}\r\n")),
        "stale": (body, signature(body, at=now - 320)),
        "from the future": (body, signature(body, at=now + 320)),
        "two timestamps": (body, f"t={now},{signed}"),
        "no scheme that counts": (body, signed.replace("v1=", "v0=")),
        "no timestamp": (body, signed.partition(",")[2]),
        "timestamp that is no number": (body, f"t=now,{signed.partition(',')[2]}"),
        "timestamp of a thousand digits": (body, f"t={'9' * 1000},{signed.partition(',')[2]}"),
        "signature beyond ASCII": (body, f"t={now},v1=é"),
        "not UTF-8": (b"\xff\xfe", f"t={now},v1=aa"),
        "signed, but no JSON": (b"{", signature(b"{")),
        "signed, but a list": (b"[]", signature(b"[]")),
        "signed, but no event": (b"{}", signature(b"{}")),
        "other mode": sealed(livemode=True),
        "no mode": sealed(livemode=None),
        "of a connected account": sealed(account="acct_other"),
        "no id": sealed(id=None),
        "id of any length": sealed(id="e" * 201),
        "type of any length": sealed(type="t" * 101),
        "no object": sealed(data={}),
        "created in no year": sealed(created=10**20),
        "too large": (large := encoded(event("x", {"object": "x", "text": "x" * MAXIMUM_BYTES})), signature(large)),
    }


def sealed(**fields: object) -> tuple[bytes, str]:
    body = encoded(event("payment_intent.succeeded", intent(1)) | fields)
    return body, signature(body)


@pytest.mark.parametrize("name", refused())
def test_refused_message_costs_no_query_and_leaves_no_row(send: Send, name: str) -> None:
    body, header = refused()[name]
    with CaptureQueriesContext(connection) as queries:
        assert send(body, header) == 400
    assert list(queries) == []
    assert not WebhookMessage.objects.exists()


def test_refusal_does_not_open_the_session_of_a_cookie(settings: LazySettings) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    browser = sign_in(make_user(is_staff=True))
    with CaptureQueriesContext(connection) as queries:
        answer = browser.post(ADDRESS, b"{}", content_type="application/json")
    assert (answer.status_code, list(queries)) == (400, [])
    assert not answer.cookies


def test_both_secrets_hold_while_one_replaces_the_other(send: Send, settings: LazySettings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new", SECRET]
    body = encoded(event("ping", {"object": "x"}))
    assert [send(body, signature(body, secret)) for secret in (SECRET, "whsec_new")] == [200, 200]
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_new"]
    assert send(body, signature(body, SECRET)) == 400


def test_without_a_secret_everything_is_refused(send: Send, settings: LazySettings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    assert send(event("ping", {"object": "x"})) == 400


def test_tolerance_is_by_the_true_time_when_the_local_clock_is_moved(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    from foundation import clock  # noqa: PLC0415 - beside what it moves

    monkeypatch.setattr(clock, "travelled", lambda: timedelta(days=400))
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=400))
    assert send(event("ping", {"object": "x"})) == 200


def test_many_messages_of_one_address_are_all_taken(send: Send) -> None:
    assert {send(event("ping", {"object": "x"})) for _message in range(350)} == {200}
