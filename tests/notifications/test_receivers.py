"""Outbox rows of a transition."""

import pytest
from django.db import IntegrityError, transaction

from notifications.models import Notification
from notifications.receivers import record_notifications
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from subscriptions.signals import subscriptions_transitioned
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


def test_event_is_recorded_once_a_channel_or_not_at_all() -> None:
    event = Service.create_subscription(make_user(), make_plan(), now=NOW).events.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        record_notifications(event_ids=[event.pk])
    assert sorted(Notification.objects.values_list("event", "channel")) == [(event.pk, "ses"), (event.pk, "sns")]


def test_transition_that_would_be_told_twice_does_not_happen() -> None:
    user, plan = make_user(), make_plan()
    subscriptions_transitioned.connect(record_notifications, dispatch_uid="wired once too often")
    try:
        with pytest.raises(IntegrityError), transaction.atomic():
            Service.create_subscription(user, plan, now=NOW)
    finally:
        subscriptions_transitioned.disconnect(dispatch_uid="wired once too often")
    assert (Subscription.objects.count(), Notification.objects.count()) == (0, 0)
