"""Explanation of a user's access: a sentence per case, and the history in order."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from subscriptions.admin.explanation import explain_access
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> User:
    return make_user(first_name="Ada")


@pytest.fixture
def monthly() -> Plan:
    return make_plan()


@pytest.fixture
def subscription(ada: User, monthly: Plan) -> Subscription:
    """Create Ada's subscription from 1 to 31 December."""
    return Service.create_subscription(ada, monthly, now=NOW)


def sentence(user: User, days: float = 1) -> str:
    return explain_access(user, NOW + timedelta(days=days)).sentence


def test_active(ada: User, subscription: Subscription) -> None:
    assert sentence(ada) == (
        f"Ada has access until 31 Dec 2026 03:00 UTC, because subscription {subscription.pk} (Monthly) is active"
        " and lasts until then."
    )


def test_cancelled(ada: User, subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    assert sentence(ada) == (
        f"Ada has access until 31 Dec 2026 03:00 UTC, because subscription {subscription.pk} (Monthly) is cancelled"
        " but paid for until then."
    )


DAY = timedelta(days=1)


@pytest.mark.parametrize("at", [MONTH - DAY, MONTH + DAY])
def test_in_grace_access_lasts_until_its_end(ada: User, subscription: Subscription, at: timedelta) -> None:
    Service.grant_grace(subscription, NOW + MONTH + 7 * DAY, now=NOW + MONTH - DAY)
    assert explain_access(ada, NOW + at).sentence == (
        f"Ada has access until 7 Jan 2027 03:00 UTC, because subscription {subscription.pk} (Monthly) is paid for until"
        " 31 Dec 2026 03:00 UTC and has a grace period until then."
    )


def test_in_grace_and_not_in_the_group(ada: User, subscription: Subscription) -> None:
    Service.grant_grace(subscription, NOW + MONTH + 7 * DAY, now=NOW)
    ada.groups.clear()
    assert "lasts until 7 Jan 2027 03:00 UTC; run manage.py audit_access" in sentence(ada, days=31)


def test_end_of_grace_is_the_end_of_access(ada: User, subscription: Subscription) -> None:
    Service.grant_grace(subscription, NOW + MONTH + 7 * DAY, now=NOW)
    assert "ended on 7 Jan 2027 03:00 UTC: no sweep has expired it yet" in sentence(ada, days=38)
    Service.sweep(now=NOW + MONTH + 8 * DAY)
    assert sentence(ada, days=40).endswith("expired on 7 Jan 2027 03:00 UTC, by the sweep.")


def test_access_that_its_owner_ended_in_grace_ended_then(ada: User, subscription: Subscription) -> None:
    Service.grant_grace(subscription, NOW + MONTH + 7 * DAY, now=NOW)
    Service.cancel_subscription(subscription, now=NOW + MONTH + 2 * DAY, actor=ada)
    assert "ended the last subscription, " in sentence(ada, days=40)
    assert sentence(ada, days=40).endswith("on 2 Jan 2027 03:00 UTC.")


def test_of_several_the_one_whose_grace_lasts_longest_comes_first(ada: User, subscription: Subscription) -> None:
    Service.create_subscription(ada, make_plan(name="Later", duration_days=32), now=NOW)
    Service.grant_grace(subscription, NOW + MONTH + 7 * DAY, now=NOW)
    explanation = explain_access(ada, NOW + DAY)
    assert explanation.subscriptions[0] == subscription
    assert f"because subscription {subscription.pk} (Monthly)" in explanation.sentence


def test_of_several_the_one_that_ends_last_counts(ada: User, subscription: Subscription) -> None:
    longer = Service.create_subscription(ada, make_plan(name="Yearly", duration_days=365), now=NOW)
    assert f"because subscription {longer.pk} (Yearly)" in sentence(ada)


def test_never_subscribed(ada: User) -> None:
    assert sentence(ada) == "Ada has no access: there has never been a subscription."


def test_expired_by_the_sweep(ada: User, subscription: Subscription) -> None:
    Service.sweep(now=NOW + MONTH)
    assert sentence(ada, days=40) == (
        f"Ada has no access: the last subscription, {subscription} (Monthly), expired on 31 Dec 2026 03:00 UTC,"
        " by the sweep."
    )


@pytest.mark.parametrize(("reason", "said"), [("", ""), ("Charged back", " The reason given: Charged back")])
def test_ended_by_an_operator(ada: User, subscription: Subscription, reason: str, said: str) -> None:
    grace = make_user(username="grace")
    Service.cancel_now(subscription, reason, now=NOW + timedelta(days=2), actor=grace)
    assert sentence(ada, days=3) == (
        f"Ada has no access: grace ended the last subscription, {subscription} (Monthly), on 3 Dec 2026 03:00 UTC."
        + said
    )


def test_words_of_people_are_not_taken_for_placeholders(ada: User, subscription: Subscription) -> None:
    Service.cancel_now(subscription, "100%(name)s", now=NOW + timedelta(days=2), actor=ada)
    assert sentence(ada, days=3).endswith("The reason given: 100%(name)s")


def test_due_and_not_swept(ada: User, subscription: Subscription) -> None:
    explanation = explain_access(ada, NOW + MONTH)
    assert explanation.sentence == (
        f"Ada still has access although {subscription} (Monthly) ended on 31 Dec 2026 03:00 UTC:"
        " no sweep has expired it yet. The next sweep revokes the access."
    )
    assert (explanation.has_access, explanation.is_right) == (True, False)


def test_due_and_not_swept_without_access(ada: User, subscription: Subscription) -> None:
    ada.groups.clear()
    explanation = explain_access(ada, NOW + MONTH)
    assert explanation.sentence == (
        f"Ada has no access: {subscription} (Monthly) ended on 31 Dec 2026 03:00 UTC. No sweep has expired it yet."
    )
    assert explanation.is_right


def test_live_and_not_in_the_group(ada: User, subscription: Subscription) -> None:
    ada.groups.clear()
    explanation = explain_access(ada, NOW)
    assert explanation.sentence == (
        f"Ada has no access although {subscription} (Monthly) is active and lasts until 31 Dec 2026 03:00 UTC;"
        " run manage.py audit_access --fix to give it."
    )
    assert (explanation.has_access, explanation.is_right) == (False, False)


def test_in_the_group_and_not_live(ada: User) -> None:
    ada.groups.add(Group.objects.get(name="Subscribers"))
    assert sentence(ada) == (
        "Ada has access without a live subscription; run manage.py audit_access --fix to revoke it."
    )


def test_account_that_is_switched_off(ada: User, subscription: Subscription) -> None:
    ada.is_active = False
    assert sentence(ada).endswith("The account is deactivated, so Ada cannot sign in anyway.")


def test_user_without_a_name_is_called_by_the_user_name() -> None:
    assert sentence(make_user(username="lovelace")).startswith("lovelace has no access")


def test_events_of_all_subscriptions_come_in_order(ada: User, subscription: Subscription) -> None:
    other = Service.create_subscription(ada, make_plan(name="Yearly", duration_days=365), now=NOW + timedelta(hours=1))
    Service.cancel_subscription(subscription, now=NOW + timedelta(hours=2))
    Service.create_subscription(make_user(), make_plan(name="Somebody else's"), now=NOW)
    events = explain_access(ada, NOW + timedelta(days=1)).events
    assert [(event.subscription_id, event.transition) for event in events] == [
        (subscription.pk, "created"),
        (other.pk, "created"),
        (subscription.pk, "cancelled"),
    ]


def test_groups_of_the_live_plans_are_named(ada: User, monthly: Plan, subscription: Subscription) -> None:
    monthly.groups.set(Group.objects.create(name=name) for name in ("Reports", "Archive"))
    assert "With it come the groups of the plan: Archive, Reports." in sentence(ada)
    Service.cancel_now(subscription, now=NOW + timedelta(hours=1))
    assert "Reports" not in sentence(ada)


@pytest.mark.parametrize("number", [1, 20])
def test_queries_do_not_grow(ada: User, number: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _subscription in range(number):
        Service.create_subscription(ada, make_plan(), now=NOW)
    with django_assert_num_queries(3):  # subscriptions, groups of their plans, membership
        explain_access(ada, NOW)
