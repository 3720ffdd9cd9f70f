"""A user has at most one live subscription per plan."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from subscriptions import services
from subscriptions.errors import AlreadySubscribed
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_overlap, transitions

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_second_active_subscription_to_the_plan_is_refused(subscription: Subscription, user: User, plan: Plan) -> None:
    with pytest.raises(AlreadySubscribed):
        Service.create_subscription(user, plan, now=NOW)
    assert Subscription.objects.count() == 1


def test_subscribing_beside_a_cancelled_live_one_is_refused(subscription: Subscription, user: User, plan: Plan) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    with pytest.raises(AlreadySubscribed, match="resume that one") as refused:
        Service.create_subscription(user, plan, now=NOW + MONTH - SECOND)
    assert refused.value.subscription_id == subscription.pk
    assert Service.reactivate_subscription(subscription, now=NOW + MONTH - SECOND).status == "active"


@pytest.mark.parametrize("swept", [True, False])
def test_renewal_of_an_ended_one_beside_a_cancelled_live_one_is_refused(
    subscription: Subscription, user: User, plan: Plan, *, swept: bool
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    Service.cancel_subscription(second, now=NOW + MONTH)
    if swept:
        Service.sweep(now=NOW + MONTH)
    with pytest.raises(AlreadySubscribed) as refused:
        Service.renew_subscription(subscription, now=NOW + MONTH)
    assert refused.value.subscription_id == second.pk


def test_subscribing_again_ends_a_cancelled_one_that_is_due_and_not_yet_swept(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    assert transitions(subscription) == ["created", "cancelled", "expired"]
    assert transitions(second) == ["created"]
    assert has_access(user)


def test_either_of_two_that_overlap_goes_on_and_one_at_most_is_active(
    subscription: Subscription,
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    second = make_overlap(subscription)
    Service.cancel_subscription(second, now=NOW)
    Service.reactivate_subscription(second, now=NOW)
    assert Service.renew_subscription(second, now=NOW).end_date == NOW + 2 * MONTH
    with pytest.raises(AlreadySubscribed):
        Service.renew_subscription(subscription, now=NOW)
    Service.cancel_subscription(second, now=NOW)
    assert Service.reactivate_subscription(subscription, now=NOW).status == "active"


def test_reactivation_beside_an_active_one_is_refused(subscription: Subscription) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    make_overlap(subscription)
    with pytest.raises(AlreadySubscribed):
        Service.reactivate_subscription(subscription, now=NOW)


@pytest.mark.parametrize("status", ["active", "cancelled"])
def test_database_holds_one_live_subscription_for_user_and_plan(subscription: Subscription, status: str) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(status="cancelled")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_overlap(subscription, exempt=False, status=status)


def test_rival_that_only_the_constraint_sees_is_refused_by_name(
    subscription: Subscription, user: User, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    Service.cancel_subscription(subscription, now=NOW)
    monkeypatch.setattr(services, "refuse_second_live", lambda *_, **__: None)
    with pytest.raises(AlreadySubscribed):
        Service.create_subscription(user, plan, now=NOW)


def test_expired_subscription_can_be_renewed_by_the_previous_release(subscription: Subscription) -> None:
    Service.sweep(now=NOW + MONTH)
    make_overlap(subscription, exempt=False, status="cancelled", start_date=NOW + MONTH, end_date=NOW + 2 * MONTH)
    Subscription.objects.filter(pk=subscription.pk).update(status="active", end_date=NOW + 2 * MONTH, expired_at=None)
    assert Subscription.objects.live(NOW + MONTH).count() == 2


def test_database_holds_one_active_subscription_for_user_and_plan(subscription: Subscription) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscription.objects.create(
            user_id=subscription.user_id, plan_id=subscription.plan_id, start_date=NOW, end_date=NOW + MONTH
        )


def test_subscribing_again_ends_the_one_that_is_due_and_not_yet_swept(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    subscription.refresh_from_db()
    assert (subscription.status, subscription.expired_at) == ("expired", NOW + MONTH)
    assert transitions(subscription) == ["created", "expired"]
    assert second.end_date == NOW + 2 * MONTH
    assert has_access(user)


def test_renewal_of_an_old_one_beside_an_active_one_is_refused(
    subscription: Subscription, user: User, plan: Plan
) -> None:
    second = Service.create_subscription(user, plan, now=NOW + MONTH)
    with pytest.raises(AlreadySubscribed):
        Service.renew_subscription(subscription, now=NOW + MONTH)
    assert second.end_date == NOW + 2 * MONTH
