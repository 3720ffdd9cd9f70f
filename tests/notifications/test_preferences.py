"""Users without reminders: none are recorded, and pending ones are not sent. Receipts still are."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from notifications.aws.results import Result, ResultKind
from notifications.coverage import Coverage
from notifications.errors import UnknownUser
from notifications.models import Notification, NotificationPreferences
from notifications.preferences import set_reminders, wants_reminders, without_reminders
from notifications.reminders import Reminders
from notifications.ses import eligibility
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db

LAST_DAY = NOW + MONTH - timedelta(hours=12)


def subscribe() -> Subscription:
    return Service.create_subscription(make_user(), make_plan(), now=NOW)


def turn_off(subscription: Subscription) -> None:
    set_reminders(subscription.user_id, wanted=False, now=NOW)


def remind() -> list[int]:
    """Run reminders on the last day, and return the users with a reminder in the outbox."""
    Reminders(LAST_DAY, lambda: timedelta.max).run()
    reminders = Notification.objects.filter(days_before__isnull=False).order_by("pk")
    return list(reminders.values_list("event__subscription", flat=True))


def test_everybody_is_reminded_who_has_not_turned_it_off() -> None:
    user = make_user()
    assert wants_reminders(user.pk)
    set_reminders(user.pk, wanted=False, now=NOW)
    assert not wants_reminders(user.pk)
    set_reminders(user.pk, wanted=True, now=NOW + MONTH)
    assert wants_reminders(user.pk)
    assert NotificationPreferences.objects.get().changed_at == NOW + MONTH


def test_wish_that_is_repeated_is_one() -> None:
    user, other = make_user(), make_user()
    for _ in range(3):
        set_reminders(user.pk, wanted=False, now=NOW)
    assert without_reminders([user.pk, other.pk]) == {user.pk}
    assert NotificationPreferences.objects.count() == 1


def test_wish_of_nobody_is_refused() -> None:
    with pytest.raises(UnknownUser):
        set_reminders(0, wanted=False, now=NOW)
    assert not NotificationPreferences.objects.exists()


def test_reminder_is_recorded_for_those_who_want_it() -> None:
    refuses, wants = subscribe(), subscribe()
    turn_off(refuses)
    assert remind() == [wants.pk]
    set_reminders(refuses.user_id, wanted=True, now=NOW)
    assert remind() == [wants.pk, refuses.pk]


def test_reminder_that_waits_is_suppressed_when_it_is_claimed_and_no_receipt_is() -> None:
    refuses, wants = subscribe(), subscribe()
    remind()
    turn_off(refuses)
    mails = list(Notification.objects.filter(channel="ses").select_related("event__subscription__user"))
    assert len(mails) == 4
    (reminder,) = (row for row in mails if row.days_before and row.cause.subscription_id == refuses.pk)
    expected = Result(ResultKind.UNDELIVERABLE, error="reminders are turned off")
    assert eligibility.withheld(mails, Coverage.of(mails, LAST_DAY)) == {reminder.pk: expected}
    assert wants_reminders(wants.user_id)


def test_one_more_query_serves_the_reminders_of_a_claim(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        turn_off(subscribe())
        subscribe()
    remind()
    mails = list(Notification.objects.filter(channel="ses").select_related("event__subscription__user"))
    # Beside these: which addresses are suppressed, and what overtook a reminder.
    with django_assert_num_queries(3):
        assert eligibility.withheld(mails, Coverage.of(mails, LAST_DAY)) == {}
    receipts = [row for row in mails if row.days_before is None]
    with django_assert_num_queries(1):
        assert eligibility.withheld(receipts, Coverage.of(receipts, LAST_DAY)) == {}
