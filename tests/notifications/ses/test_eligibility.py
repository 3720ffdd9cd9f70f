"""Due notifications that are withheld."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from notifications.aws.results import Result, ResultKind
from notifications.coverage import Coverage
from notifications.models import Channel, Notification
from notifications.ses import eligibility
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


def subscribe() -> Subscription:
    return Service.create_subscription(make_user(), make_plan(), now=NOW)


def mails() -> list[Notification]:
    return list(
        Notification.objects.filter(channel=Channel.SES).select_related("event__subscription__user").order_by("pk")
    )


def withheld() -> dict[str, str]:
    """Return the transitions with withheld mails, and the reasons."""
    results = eligibility.withheld(mails(), Coverage.of(mails(), NOW))
    assert {result.kind for result in results.values()} <= {ResultKind.OBSOLETE}
    return {mail.kind: results[mail.pk].error for mail in mails() if mail.pk in results}


def remind() -> Subscription:
    """Create a subscription with a reminder instead of its mail."""
    subscription = subscribe()
    Notification.objects.filter(channel=Channel.SES).update(days_before=7)
    return subscription


def test_cancellation_that_was_taken_back_is_not_told() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW)
    assert withheld() == {}
    Service.reactivate_subscription(subscription, now=NOW)
    assert withheld() == {"cancelled": "overtaken: reactivated"}


def test_end_that_was_undone_by_a_renewal_is_not_told_and_the_receipts_are() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW)
    Service.sweep(now=NOW + MONTH)
    assert withheld() == {"cancelled": "overtaken: expired"}
    Service.renew_subscription(subscription, now=NOW + MONTH)
    assert withheld() == {"cancelled": "overtaken: expired", "expired": "overtaken: renewed"}


def test_reminder_of_an_end_that_was_moved_is_not_sent() -> None:
    subscription = remind()
    assert withheld() == {}
    Service.renew_subscription(subscription, now=NOW + timedelta(days=25))
    assert withheld() == {"reminder": "overtaken: renewed"}


def test_reminder_is_sent_whether_it_is_cancelled_or_not_for_its_words_are_chosen_last() -> None:
    subscription = remind()
    Service.cancel_subscription(subscription, now=NOW)
    assert withheld() == {}
    Service.reactivate_subscription(subscription, now=NOW)
    assert withheld() == {"cancelled": "overtaken: reactivated"}


def test_reminder_is_not_sent_once_the_next_period_is_being_charged() -> None:
    subscription = remind()
    Service.grant_grace(subscription, subscription.end_date + timedelta(days=7), now=NOW)
    assert withheld() == {"reminder": "the next period is being charged"}


def test_reminder_is_not_sent_once_the_end_has_come_though_nothing_was_swept() -> None:
    subscription = remind()
    (mail,) = mails()
    assert eligibility.withheld([mail], Coverage.of([mail], subscription.end_date - timedelta(microseconds=1))) == {}
    results = eligibility.withheld([mail], Coverage.of([mail], subscription.end_date))
    assert results == {mail.pk: Result(ResultKind.OBSOLETE, error="the end has come")}


def test_reminder_of_a_user_who_was_deactivated_since_is_not_sent_and_the_receipts_are() -> None:
    subscription = subscribe()
    mail = Notification.objects.get(channel=Channel.SES)
    Notification.objects.create(event=mail.event, channel=Channel.SES, days_before=7)
    User.objects.filter(pk=subscription.user_id).update(is_active=False)
    results = eligibility.withheld(mails(), Coverage.of(mails(), NOW))
    assert [(row.kind, results.get(row.pk)) for row in mails()] == [
        ("created", None),
        ("reminder", Result(ResultKind.UNDELIVERABLE, error="the user is deactivated")),
    ]


def test_resumption_that_was_followed_by_a_renewal_is_not_told() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    Service.renew_subscription(subscription, now=NOW)
    assert withheld() == {"cancelled": "overtaken: reactivated", "reactivated": "overtaken: renewed"}


def test_end_is_not_told_once_there_is_another_subscription_to_the_plan() -> None:
    first = subscribe()
    Service.cancel_now(first, now=NOW + timedelta(days=1))
    assert withheld() == {}
    Service.create_subscription(first.user, make_plan(), now=NOW + timedelta(days=1))
    assert withheld() == {}
    Service.create_subscription(first.user, first.plan, now=NOW + timedelta(days=1))
    assert withheld() == {"expired": "another subscription to the plan lasts longer"}


def test_cancellation_whose_end_has_come_is_not_told_though_nothing_was_swept() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW)
    row = mails()[-1]
    results = eligibility.withheld([row], Coverage.of([row], subscription.end_date))
    assert results == {row.pk: Result(ResultKind.OBSOLETE, error="the end has come")}


def test_receipt_is_sent_however_late() -> None:
    subscribe()
    assert eligibility.withheld(mails(), Coverage.of(mails(), NOW + 2 * MONTH)) == {}


def test_transition_of_another_subscription_overtakes_nothing() -> None:
    cancelled, other = subscribe(), subscribe()
    Service.cancel_subscription(cancelled, now=NOW)
    Service.cancel_subscription(other, now=NOW)
    Service.reactivate_subscription(other, now=NOW)
    (first,) = (mail for mail in mails() if mail.cause.subscription_id == cancelled.pk and mail.kind == "cancelled")
    assert first.pk not in eligibility.withheld(mails(), Coverage.of(mails(), NOW))


def test_two_queries_serve_a_whole_claim() -> None:
    for _ in range(5):
        Service.cancel_subscription(subscribe(), now=NOW)
    rows = mails()
    with CaptureQueriesContext(connection) as queries:
        eligibility.withheld(rows, Coverage.of(rows, NOW))
    assert len(queries) == 2  # suppressed addresses, and the recipients' subscriptions with their later transitions
    assert eligibility.withheld([], Coverage.of([], NOW)) == {}


def test_outcome_names_no_person() -> None:
    subscription = subscribe()
    Service.cancel_subscription(subscription, now=NOW, reason="Bob of bob@example.com")
    Service.reactivate_subscription(subscription, now=NOW)
    assert list(eligibility.withheld(mails(), Coverage.of(mails(), NOW)).values()) == [
        Result(ResultKind.OBSOLETE, error="overtaken: reactivated")
    ]
