"""No call starts after its deadline."""

from datetime import timedelta

import pytest
from django.conf import LazySettings, settings

from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.aws import clients
from notifications.aws.deadline import Deadline
from notifications.aws.results import ResultKind
from notifications.models import Notification
from notifications.outbox.delivery import Delivery
from notifications.ses import mailer
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

SIGNATURE_LASTS = timedelta(minutes=15)
"""https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html (RequestExpired)"""

OVER = Deadline.after(timedelta(seconds=-1))
MESSAGE = mailer.Message(
    notification=1,
    recipient="ada@example.com",
    mime=b"From: subscriptions@example.com\nTo: ada@example.com\nSubject: x\n\nx",
)


@pytest.mark.parametrize(("left", "mails"), [(timedelta(seconds=-1), 0), (timedelta(hours=1), 1)])
def test_request_leaves_before_its_deadline_or_never(aws: LocalAWS, left: timedelta, mails: int) -> None:
    result = Deadline.after(left).around(mailer.send)(MESSAGE)
    assert len(aws.mails()) == mails
    assert result.kind is (ResultKind.ACCEPTED if mails else ResultKind.UNSENT)


def test_request_is_signed_before_the_deadline_is_looked_at(aws: LocalAWS) -> None:
    """Otherwise a process suspended between the two would continue with a fresh signature."""
    seen: list[str] = []

    def note(request: object, **kwargs: object) -> None:
        seen.append(getattr(request, "headers", {}).get("Authorization", b"").decode())

    events = clients.ses().meta.events
    events.register_first("before-send", note)
    try:
        OVER.around(mailer.send)(MESSAGE)
    finally:
        events.unregister("before-send", note)
    assert [authorization.partition(" ")[0] for authorization in seen] == ["AWS4-HMAC-SHA256"]


def test_grace_outlasts_a_signature() -> None:
    assert settings.CONFIRMATION_GRACE >= SIGNATURE_LASTS


def test_deadline_is_no_longer_there_after_the_call(aws: LocalAWS) -> None:
    OVER.around(mailer.send)(MESSAGE)
    assert mailer.send(MESSAGE).kind is ResultKind.ACCEPTED


@pytest.mark.django_db(transaction=True)
def test_delivery_that_was_frozen_after_its_intent_calls_nobody(aws: LocalAWS, settings: LazySettings) -> None:
    settings.DELIVERY_CALLS = timedelta()  # as long as it was frozen for
    Service.create_subscription(make_user(), make_plan(), now=NOW)
    Delivery(lambda: timedelta(minutes=5)).run()
    assert (aws.mails(), aws.events()) == ([], [])
    assert list(Notification.objects.values_list("state", "error")) == [("pending", "CallTooLate")] * 2
