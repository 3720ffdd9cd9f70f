"""Locks of whoever leaves: the user before the profile, as an erasure and a change of address take them."""

from collections.abc import Callable

import pytest
from django.db import transaction

from accounts.erasure import erase_user, lock_user
from accounts.leaving import erase_leavers, leave_at_end
from accounts.models import Profile, User
from accounts.profiles import is_erased, profile_of
from subscriptions.announcements import unlimited
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.locks import in_thread, wait_until_blocked

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def leave_with_a_subscription(user: User) -> Callable[[], object]:
    """Return the request of a subscriber."""
    Service.create_subscription(user, make_plan(), now=NOW)
    profile_of(user)
    return lambda: leave_at_end(user, NOW)


def be_erased_by_the_job(user: User) -> Callable[[], object]:
    """Return the job that erases the user, who has nothing left."""
    leave_at_end(user, NOW)
    return lambda: erase_leavers(NOW, unlimited)


@pytest.mark.parametrize("prepare", [leave_with_a_subscription, be_erased_by_the_job])
def test_user_is_locked_before_the_profile(prepare: Callable[[User], Callable[[], object]]) -> None:
    """While another holds the user, the profile stays free, so that the holder can go on."""
    user = make_user()
    act = prepare(user)
    with transaction.atomic():
        lock_user(user.pk)
        waiting = in_thread(act)
        wait_until_blocked()
        assert Profile.objects.select_for_update(nowait=True).get(user=user.pk)
    waiting.join()


def test_job_and_an_operator_erase_at_once() -> None:
    user, counted = make_user(), []
    leave_at_end(user, NOW)
    with transaction.atomic():
        lock_user(user.pk)
        job = in_thread(lambda: counted.append(erase_leavers(NOW, unlimited)))
        wait_until_blocked()
        assert erase_user(user.pk, NOW, reason="asked by letter")
    job.join()
    assert counted == [{"erased": 0, "waiting": 1, "failed": 0, "refused": 0}]
    assert is_erased(user.pk)
    assert Profile.objects.get(user=user.pk).erasure_reason == "asked by letter"
