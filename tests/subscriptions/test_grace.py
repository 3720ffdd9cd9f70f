"""The grace period: access goes on while a payment is late, to the microsecond, and is never free time."""

from datetime import timedelta

import pytest

from subscriptions.errors import IllegalTransition
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
END = NOW + MONTH
GRACE = END + 7 * DAY


@pytest.fixture
def late() -> Subscription:
    """Return a subscription whose grace period was granted before its end."""
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    return Service.grant_grace(subscription, GRACE, now=END - DAY)


def test_nothing_ends_a_microsecond_before_the_grace_period_does(late: Subscription) -> None:
    run = Service.sweep(now=GRACE - MICROSECOND)

    assert run.expired == run.remaining == 0
    assert has_access(late.user)
    assert late.is_live(GRACE - MICROSECOND)


def test_sweep_ends_it_with_the_grace_period_and_measures_lateness_from_there(late: Subscription) -> None:
    run = Service.sweep(now=GRACE)

    assert (run.expired, run.oldest_late) == (1, timedelta())
    assert not has_access(late.user)
    late.refresh_from_db()
    assert (late.status, late.expired_at, late.end_date) == ("expired", GRACE, END)


def test_one_without_grace_ends_at_its_end_beside_one_with(late: Subscription) -> None:
    other = Service.create_subscription(make_user(), late.plan, now=NOW)

    assert Service.sweep(now=END).expired == 1
    other.refresh_from_db()
    late.refresh_from_db()
    assert (other.status, late.status) == ("expired", "active")


@pytest.mark.parametrize("ends", [END - DAY, END, NOW - 30 * DAY])
def test_grace_that_ends_no_later_than_the_paid_time_says_nothing(late: Subscription, ends: object) -> None:
    Subscription.objects.filter(pk=late.pk).update(grace_until=ends)
    late.refresh_from_db()

    assert late.access_end == END
    assert Subscription.objects.live(END - MICROSECOND).filter(pk=late.pk).exists()
    assert Service.sweep(now=END).expired == 1


def test_late_renewal_begins_at_the_old_end_and_ends_the_grace_period(late: Subscription) -> None:
    Service.renew_subscription(late, now=END + 3 * DAY)
    assert (late.end_date, late.grace_until, late.status) == (END + MONTH, None, "active")


def test_late_renewal_whose_period_would_be_over_begins_now(late: Subscription) -> None:
    late.plan.duration_days = 2
    late.plan.save()
    Service.renew_subscription(late, now=END + 3 * DAY)
    assert late.end_date == END + 5 * DAY


def test_renewal_before_the_end_ends_the_grace_period(late: Subscription) -> None:
    Service.renew_subscription(late, now=END - DAY / 2)
    assert (late.end_date, late.grace_until) == (END + MONTH, None)


def test_cancelling_before_the_end_takes_the_grace_period_away(late: Subscription) -> None:
    Service.cancel_subscription(late, now=END - DAY / 2)

    assert (late.status, late.grace_until) == ("cancelled", None)
    assert Service.sweep(now=END).expired == 1


def test_cancelling_while_late_ends_access_at_once(late: Subscription) -> None:
    Service.cancel_subscription(late, "too dear", now=END + DAY)

    assert (late.status, late.end_date, late.expired_at) == ("expired", END, END + DAY)
    assert not has_access(late.user)
    event = SubscriptionEvent.objects.latest("pk")
    assert (event.transition, event.reason, event.new_end_date) == ("expired", "too dear", END)


def ended_at() -> object:
    return SubscriptionEvent.objects.select_related("subscription").latest("pk").access_end


def test_history_says_when_access_ended_with_or_within_the_grace_period_or_without_one(late: Subscription) -> None:
    others = [Service.create_subscription(make_user(), late.plan, now=NOW) for _ in range(3)]
    Service.sweep(now=END + MICROSECOND)
    assert ended_at() == END, "not when the sweep saw it"
    for other in others:
        Service.renew_subscription(other, now=END + MICROSECOND)
        Service.grant_grace(other, GRACE + MONTH, now=END + MONTH)
    Service.sweep(now=GRACE + DAY)
    assert ended_at() == GRACE
    Service.cancel_subscription(others[0], now=END + MONTH + DAY, actor=others[0].user)
    assert ended_at() == END + MONTH + DAY
    Service.cancel_now(others[1], "a payment went back", now=END + MONTH + DAY)
    assert ended_at() == END + MONTH + DAY
    Service.sweep(now=GRACE + 2 * MONTH)
    assert ended_at() == GRACE + MONTH
    Service.renew_subscription(others[2], now=GRACE + 2 * MONTH)
    event = SubscriptionEvent.objects.filter(transition="expired").select_related("subscription").latest("pk")
    assert event.access_end <= GRACE + MONTH, "whatever period it has now"


def test_operator_who_ends_a_late_one_gives_no_paid_time(late: Subscription) -> None:
    Service.cancel_now(late, now=END + DAY)
    assert (late.end_date, late.status, has_access(late.user)) == (END, "expired", False)


def test_second_subscription_to_the_plan_is_refused_while_one_is_late(late: Subscription) -> None:
    with pytest.raises(Exception, match="renew that one"):
        Service.create_subscription(late.user, late.plan, now=END + DAY)


def test_cancelled_and_ended_ones_get_no_grace_period() -> None:
    cancelled = Service.create_subscription(make_user(), make_plan(), now=NOW)
    Service.cancel_subscription(cancelled, now=NOW)
    ended = Service.create_subscription(make_user(), make_plan(), now=NOW)

    with pytest.raises(IllegalTransition, match="is cancelled"):
        Service.grant_grace(cancelled, GRACE, now=NOW)
    with pytest.raises(IllegalTransition, match="has ended"):
        Service.grant_grace(ended, GRACE, now=END)


def test_late_ones_are_those_between_end_and_grace(late: Subscription) -> None:
    found = [Subscription.objects.late(at).exists() for at in (END - MICROSECOND, END, GRACE - MICROSECOND, GRACE)]
    assert found == [late.is_late(at) for at in (END - MICROSECOND, END, GRACE - MICROSECOND, GRACE)]
    assert found == [False, True, True, False]
