"""Texts about others that name an erased user: each column of text is redacted, or has a reason not to be."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.db.models import CharField, JSONField, Model, TextField
from knox.models import AuthToken

from accounts.erasure import erase_user, pseudonym_of
from accounts.models import Profile, TokenDetails, User
from foundation import clock
from foundation.redaction import MOST_MENTIONS
from notifications.models import Feedback, Notification
from payments.models import CancellationRequest, PriceChange, Refund, SurplusSettlement
from payments.received_money.recording import record_payment
from subscriptions.models import IdempotentRequest, Subscription, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService as Service
from tests.payments.opened_orders import first_order, money
from tests.support.database_search import tables_with
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

NAME, ADDRESS = "Hildegünde.Quast", "hildegunde.quast@example.com"
TEXT = f'{NAME} ("the elder") wrote from {ADDRESS.upper()}'

REDACTED: dict[type[Model], tuple[str, ...]] = {
    LogEntry: ("object_repr", "change_message"),
    Profile: ("erasure_reason",),
    TokenDetails: ("name",),
    SubscriptionEvent: ("reason",),
    SweepRun: ("failures",),
    CancellationRequest: ("contract", "wish"),
    PriceChange: ("reason",),
    Refund: ("reason", "closing_reason"),
    SurplusSettlement: ("reason",),
    Notification: ("stored_subject", "stored_text", "stored_html", "reply_to"),
    Feedback: ("raw",),
}
"""Columns in which rows about somebody else may name the user."""

READ_BY_PROGRAMS: dict[type[Model], tuple[str, ...]] = {Subscription: ("metadata",), IdempotentRequest: ("body",)}
"""Columns in which the user's address is replaced, and a name is not: it may mean something to the program."""

CODES = {
    "accounts.MailLimit": ("bucket", "language"),
    "accounts.TokenDetails": ("scopes",),
    "admin.LogEntry": ("object_id",),
    "auth.Permission": ("name", "codename"),
    "contenttypes.ContentType": ("app_label", "model"),
    "notifications.ChannelStatus": ("pause_error",),
    "notifications.Feedback": ("sns_message_id", "message_id"),
    "notifications.Notification": ("message_id", "error", "account_kind", "user_key", "about"),
    "payments.Attempt": ("reference", "outcome", "code"),
    "payments.Dispute": ("provider", "transaction_id", "currency", "code"),
    "payments.Order": ("currency", "terms", "provider", "reference"),
    "payments.Payment": ("provider", "transaction_id", "currency", "receipt_url", "invoice_url"),
    "payments.PaymentEvent": ("code",),
    "payments.PriceChange": ("currency",),
    "payments.Refund": ("currency", "transaction_id", "code"),
    "payments.Renewal": ("currency", "terms"),
    "payments.WebhookMessage": ("provider", "message_id", "type", "body", "error"),
    "subscriptions.IdempotentRequest": ("key", "fingerprint"),
    "subscriptions.Plan": ("currency", "reminder_days"),
    "subscriptions.SubscriptionEvent": ("currency",),
    "throttling.RequestCount": ("bucket",),
}
"""Columns that hold codes, keys and hashes: nothing that somebody wrote."""

OF_THE_USER = {
    "accounts.Profile": ("language", "time_zone", "browser_language", "browser_time_zone", "external_user_id"),
    "accounts.SignIn": ("session_key", "browser"),
    "knox.AuthToken": ("digest", "token_key"),
    "notifications.Notification": ("address",),
    "notifications.Suppression": ("address",),
    "otp_static.StaticDevice": ("name",),
    "otp_static.StaticToken": ("token",),
    "otp_totp.TOTPDevice": ("name", "key"),
    "payments.CancellationRequest": ("address",),
    "payments.PaymentMethod": ("provider", "customer", "token", "brand", "last4"),
    "sessions.Session": ("session_key", "session_data"),
}
"""Columns that speak of the row's own user alone, and go or are overwritten with them."""

OF_THE_OPERATOR = {
    "auth.Group": ("name",),
    "subscriptions.Plan": ("name", "description", "includes"),
    "subscriptions.Subscription": ("external_id",),
}
"""Names that the service or another system finds things by; docs/explanation/privacy.md says that they stay."""


def text_columns() -> set[str]:
    """Return all columns of text that are not one of a few choices, but those of the user model and the examples."""
    models = [each for each in apps.get_models() if each is not get_user_model() and each._meta.app_label != "product"]
    return {
        f"{model._meta.label}.{field.name}"
        for model in models
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField | JSONField) and not field.choices
    }


def test_each_column_of_text_is_redacted_or_has_a_reason_not_to_be() -> None:
    named = {model._meta.label: names for model, names in REDACTED.items()}
    read = {model._meta.label: names for model, names in READ_BY_PROGRAMS.items()}
    classes = (named, read, CODES, OF_THE_USER, OF_THE_OPERATOR)
    decided = [f"{label}.{name}" for each in classes for label, names in each.items() for name in names]
    assert sorted(decided) == sorted(text_columns())


def write_about(user: User) -> None:
    """Write of the user in every such column of rows about others."""
    other, operator = make_user(), make_user(is_staff=True)
    LogEntry.objects.log_actions(operator.pk, [other], CHANGE, change_message=TEXT, single_object=True)
    LogEntry.objects.update(object_repr=TEXT)
    Profile.objects.create(user=make_user(), erased_at=NOW, erasure_reason=TEXT)
    TokenDetails.objects.create(token=AuthToken.objects.create(user=operator)[0], name=TEXT)
    held = Service.create_subscription(other, make_plan(), now=NOW)
    Subscription.objects.filter(pk=held.pk).update(metadata={"gift": f"from {ADDRESS}", "tier": "gold"})
    SubscriptionEvent._base_manager.update(reason=TEXT)
    recorded = json.dumps([ADDRESS])
    IdempotentRequest.objects.create(user=operator, key="k", fingerprint="f", body=recorded, created_at=NOW)
    SweepRun.objects.create(started_at=NOW, failed=1, failures={str(held.pk): f"DataError: {TEXT}"})
    CancellationRequest.objects.create(address="other@example.com", contract=TEXT, wish=TEXT, requested_at=NOW)
    PriceChange.objects.create(
        plan=held.plan, amount=5, currency="EUR", starts_at=NOW + timedelta(days=30), reason=TEXT, decided_at=NOW
    )
    payment = record_payment(first_order(), money(), now=NOW)
    texts = dict.fromkeys(("reason", "closing_reason"), TEXT)
    Refund.objects.create(payment=payment, amount=1, currency="EUR", requested_at=NOW, due_at=NOW, **texts)
    SurplusSettlement.objects.create(payment=payment, reason=TEXT, settled_at=NOW)
    texts = dict.fromkeys(("stored_subject", "stored_text", "stored_html"), TEXT)
    mail = Notification.objects.create(channel="ses", address="staff@example.com", reply_to=ADDRESS, **texts)
    raw = json.dumps({"mail": {"commonHeaders": {"subject": TEXT}}})
    Feedback.objects.create(sns_message_id="m", event_type="Send", notification=mail, occurred_at=NOW, raw=raw)


def mentioning(user: User) -> set[str]:
    return {
        f"{model.__name__}.{name}"
        for model, names in (REDACTED | READ_BY_PROGRAMS).items()
        for name in names
        if any(ADDRESS in str(value).lower() for value in model._base_manager.values_list(name, flat=True))
    }


def test_no_text_about_others_names_an_erased_user() -> None:
    user = make_user(username=NAME, email=ADDRESS)
    write_about(user)
    searched = (REDACTED | READ_BY_PROGRAMS).items()
    assert mentioning(user) == {f"{model.__name__}.{name}" for model, names in searched for name in names}

    erase_user(user.pk, clock.now())

    assert tables_with([NAME, ADDRESS]) == {}
    name = pseudonym_of(user.pk)
    redacted = f'{name} ("the elder") wrote from {name}'
    assert Subscription.objects.get(metadata__tier="gold").metadata == {"gift": f"from {name}", "tier": "gold"}
    assert json.loads(IdempotentRequest.objects.get().body) == [name]
    assert json.loads(Feedback.objects.get().raw)["mail"]["commonHeaders"]["subject"] == redacted
    assert set(SubscriptionEvent.objects.values_list("reason", flat=True)) >= {redacted}


@pytest.mark.parametrize("name", ["gold", "active", "deleted"])
def test_user_name_that_is_a_word_changes_nothing_that_programs_read(name: str) -> None:
    held = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Subscription.objects.filter(pk=held.pk).update(metadata={"tier": name})
    body = json.dumps({"status": name})
    IdempotentRequest.objects.create(user=held.user, key="k", fingerprint="f", body=body, created_at=NOW)
    erase_user(make_user(username=name).pk, clock.now())
    assert Subscription.objects.get(pk=held.pk).metadata == {"tier": name}
    assert IdempotentRequest.objects.get().body == body


@pytest.mark.parametrize(("rows", "is_replaced"), [(MOST_MENTIONS, True), (MOST_MENTIONS + 1, False)])
def test_user_name_in_many_texts_is_a_word_and_stays(rows: int, is_replaced: bool) -> None:
    operator, word = make_user(is_staff=True), "changed"
    texts = [f"{word} by {ADDRESS}, unchanged for {number} days" for number in range(rows)]
    LogEntry.objects.bulk_create(
        LogEntry(user=operator, action_flag=CHANGE, object_repr="a plan", change_message=text) for text in texts
    )
    user = make_user(username=word, email=ADDRESS)
    erase_user(user.pk, clock.now())
    name = pseudonym_of(user.pk)
    shown = name if is_replaced else word
    expected = {f"{shown} by {name}, unchanged for {number} days" for number in range(rows)}
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == expected


def test_user_name_that_is_an_address_erases_nothing_of_its_owner() -> None:
    asked = CancellationRequest.objects.create(address=ADDRESS, contract="mine", wish="now", requested_at=NOW)
    mail = Notification.objects.create(channel="ses", address=ADDRESS, stored_subject="To its owner")
    erase_user(make_user(username=ADDRESS, email="other@example.com").pk, clock.now())
    assert CancellationRequest.objects.filter(pk=asked.pk).exists()
    mail.refresh_from_db()
    assert (mail.address, mail.stored_subject) == (ADDRESS, "To its owner")
