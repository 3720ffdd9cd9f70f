"""Erased users get nothing new, whoever asks for it; what ends, or was paid for, goes on."""

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.erasure import erase_user
from accounts.models import User
from subscriptions.annotations import set_metadata
from subscriptions.errors import UnknownUser
from subscriptions.models import Plan, Subscription, SubscriptionEvent
from subscriptions.plan_changes import change_plan
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Purchase
from subscriptions.trials import start_trial
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user
from tests.support.locks import in_thread, wait_until_blocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan(trial_days=7)


@pytest.fixture
def erased() -> User:
    user = make_user()
    erase_user(user.pk, NOW)
    return user


@pytest.fixture
def held(erased: User, plan: Plan) -> Subscription:
    """Return a live subscription of an erased user, whose money arrived after the erasure."""
    return Service.create_subscription(erased, plan, now=NOW, bought=Purchase.of(plan))


@pytest.mark.parametrize("begin", [Service.create_subscription, start_trial])
def test_erased_user_is_not_subscribed(begin: Callable[..., Subscription], erased: User, plan: Plan) -> None:
    with pytest.raises(UnknownUser, match="was erased"):
        begin(erased, plan, now=NOW)
    assert not Subscription.objects.exists()
    assert not has_access(erased)


GIFTS: dict[str, Callable[[Subscription], object]] = {
    "renewal": lambda held: Service.renew_subscription(held, now=NOW),
    "days": lambda held: Service.give_days(held, 3, now=NOW),
    "plan now": lambda held: change_plan(held, make_plan(name="Yearly"), "now", now=NOW),
    "plan later": lambda held: change_plan(held, make_plan(name="Yearly"), "period_end", now=NOW),
    "metadata": lambda held: set_metadata(held, metadata={"name": "Ada"}),
    "external id": lambda held: set_metadata(held, external_id="crm-7"),
}


@pytest.mark.parametrize("give", GIFTS.values(), ids=GIFTS.keys())
def test_subscription_of_an_erased_user_gets_nothing_new(
    give: Callable[[Subscription], object], held: Subscription
) -> None:
    events = SubscriptionEvent.objects.count()
    before = Subscription.objects.values().get()
    with pytest.raises(UnknownUser, match="was erased"):
        give(held)
    assert Subscription.objects.values().get() == before
    assert SubscriptionEvent.objects.count() == events


def test_one_that_has_ended_is_not_begun_again(erased: User, held: Subscription) -> None:
    Service.sweep(now=NOW + MONTH)
    held.refresh_from_db()
    for give in (GIFTS["renewal"], GIFTS["days"]):
        with pytest.raises(UnknownUser, match="was erased"):
            give(held)
    assert not has_access(erased)


def test_one_that_is_left_can_be_cancelled_and_ended(held: Subscription) -> None:
    Service.cancel_subscription(held, now=NOW)
    assert held.status == "cancelled"
    Service.cancel_now(held, now=NOW + MONTH / 2)
    assert held.status == "expired"


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_sale_that_waits_for_the_erasure_is_refused(plan: Plan) -> None:
    user, refused = make_user(), []

    def subscribe() -> None:
        try:
            Service.create_subscription(user, plan, now=NOW)
        except UnknownUser as error:
            refused.append(error)

    with transaction.atomic():
        erase_user(user.pk, NOW)
        buyer = in_thread(subscribe)
        wait_until_blocked()
    buyer.join()
    assert refused
    assert not Subscription.objects.exists()
