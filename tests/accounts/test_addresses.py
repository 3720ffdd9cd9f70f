"""Condition under which a user's address counts as confirmed."""

import pytest
from django.contrib.auth import get_user_model

from accounts.addresses import confirmed, is_confirmed
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user

pytestmark = pytest.mark.django_db


def test_address_that_staff_or_an_earlier_release_entered_counts_as_confirmed() -> None:
    with_address, without = make_user(), make_user(email="")
    assert (is_confirmed(with_address), is_confirmed(without)) == (True, False)
    assert get_user_model()._base_manager.get(confirmed()) == with_address


def test_condition_reaches_the_user_through_a_prefix() -> None:
    plan = make_plan()
    with_address, _without = [Service.create_subscription(user, plan) for user in (make_user(), make_user(email=""))]
    assert list(Subscription.objects.filter(confirmed("user__"))) == [with_address]
