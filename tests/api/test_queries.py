"""Number of queries per endpoint, independent of the user's data."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from foundation import clock
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller
from tests.support.factories import MONTH, make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

Ask = Callable[[Caller, Subscription, Plan], Any]

#  Of each change 2 are the savepoint that the test's own transaction makes of the service's; a key makes it 4. One
#  reads the subscription again, with the instants that its events hold.
ENDPOINTS: dict[str, tuple[int, Ask]] = {
    "plans": (1, lambda owner, mine, plan: owner.get("plans")),
    "plan": (1, lambda owner, mine, plan: owner.get(f"plans/{plan.pk}")),
    "list": (2, lambda owner, mine, plan: owner.get("subscriptions", {"live": "false"})),
    "detail": (3, lambda owner, mine, plan: owner.get(f"subscriptions/{mine.pk}")),
    "notifications": (2, lambda owner, mine, plan: owner.get("notifications")),
    "preferences": (2, lambda owner, mine, plan: owner.get("notification-preferences")),
    "new preferences": (4, lambda owner, mine, plan: owner.put("notification-preferences", {"reminders": False})),
    "subscribe": (12, lambda owner, mine, plan: owner.post("subscriptions", {"plan": plan.pk})),
    "subscribe, with a key": (18, lambda owner, mine, plan: owner.post("subscriptions", {"plan": plan.pk}, key="k")),
    "me": (2, lambda owner, mine, plan: owner.get("me")),
    "access": (3, lambda owner, mine, plan: owner.get(f"users/{owner.user.pk}/access")),
    "cancel": (12, lambda owner, mine, plan: owner.post(f"subscriptions/{mine.pk}/cancel")),
    "renew": (14, lambda owner, mine, plan: owner.post(f"subscriptions/{mine.pk}/renew")),
}


@pytest.mark.parametrize("rows", [1, 40])
@pytest.mark.parametrize(("number", "ask"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_number_of_queries_does_not_grow(
    number: int,
    ask: Ask,
    rows: int,
    owner: Caller,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    begun = clock.now() - rows * MONTH  # so that after the renewals one period is left, and the owner may renew
    for _ in range(rows):
        mine = Service.create_subscription(owner.user, make_plan(price=0), now=begun)
    for _ in range(rows):
        Service.renew_subscription(mine, now=begun)
    plan = make_plan()
    owner.get("subscriptions")  # records the last use of the token, which is due once a minute
    with django_assert_num_queries(number):
        assert ask(owner, mine, plan).status_code < 300


def test_taking_a_cancellation_back(owner: Caller, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    subscription = Service.create_subscription(owner.user, make_plan())
    Service.cancel_subscription(subscription)
    owner.get("subscriptions")
    with django_assert_num_queries(14):
        assert owner.post(f"subscriptions/{subscription.pk}/reactivate").status_code == 200
