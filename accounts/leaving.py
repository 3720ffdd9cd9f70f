"""Leaving: an account is erased when its last subscription has ended, and can be kept until then."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from accounts.erasure import AccountError, erase_user, lock_user
from accounts.models import Profile
from accounts.privileges import is_privileged
from accounts.profiles import profile_of
from foundation.orm.key import Key
from foundation.personal_data import parts

logger = logging.getLogger(__name__)

REASON = "the user left"
RESERVE = timedelta(seconds=10)
"""The time left of the invocation below which no other erasure begins."""


class PrivilegedAccount(AccountError):
    """The account has rights that others rely on. Ask an administrator to erase it."""


def refuse_privileged(user: AbstractBaseUser) -> None:
    """Raise PrivilegedAccount for staff and everybody else with a permission."""
    if is_privileged(user):  # type: ignore[arg-type] # any user model of the usual ones
        raise PrivilegedAccount("an account with rights is erased by an administrator")


def stays_until(user: AbstractBaseUser, now: datetime) -> datetime | None:
    """Return the instant at which the last of what the user has ends; None if nothing lasts."""
    return _ends([user.pk], now).get(user.pk)


def losses(user: AbstractBaseUser, now: datetime) -> list[str]:
    """Return a sentence for each thing that ends with the account, in the active language."""
    return [sentence for part in parts() for sentence in part.losses(user, now)]


def leave_at_end(user: AbstractBaseUser, now: datetime) -> None:
    """Stop what would go on, and have the account erased once everything has ended.

    Raises PrivilegedAccount or UnknownAccount.
    """
    refuse_privileged(user)
    with transaction.atomic():
        lock_user(user.pk)  # before the profile, as an erasure does
        profile_of(user)
        Profile.objects.filter(user=user.pk, leaving_since__isnull=True).update(leaving_since=now)
        for part in parts():
            part.leave(user, now)


def leave_now(user: AbstractBaseUser, now: datetime) -> None:
    """Erase the account. Raises PrivilegedAccount."""
    refuse_privileged(user)
    erase_user(user.pk, now, reason=REASON)


def stay(user: AbstractBaseUser) -> None:
    """Keep the account after all. What was cancelled stays so until the user resumes it."""
    Profile.objects.filter(user=user.pk).update(leaving_since=None)


def leaving_since(user: AbstractBaseUser) -> datetime | None:
    """Return the instant at which the user asked to leave, or None."""
    return Profile.objects.filter(user=user.pk).values_list("leaving_since", flat=True).first()


def erase_leavers(now: datetime, time_left: Callable[[], timedelta]) -> dict[str, int]:
    """Erase the users who leave and have nothing left. Return the numbers of those erased, waiting, failed and refused.

    A user who cannot be erased is logged and tried again by the next run. One who was given rights since asking is not
    erased: the request ends, as it would have been refused.
    """
    counted = {"erased": 0, "waiting": 0, "failed": 0, "refused": 0}
    for profile in _leaving().select_related("user").order_by("leaving_since").iterator():
        if time_left() <= RESERVE:
            break
        counted[_erase_leaver(profile, now)] += 1
    return counted


def next_erasure(now: datetime) -> datetime | None:
    """Return the earliest instant at which somebody who leaves can be erased; None if nobody leaves."""
    users = list(_leaving().values_list("pk", flat=True))
    ends = _ends(users, now) if users else {}
    return min((ends.get(user, now) for user in users), default=None)


def _ends(users: Collection[Key], now: datetime) -> dict[Key, datetime]:
    """Return the instant at which the last of what each user has ends, of those with something that lasts."""
    ends: dict[Key, datetime] = {}
    for part in parts():
        for user, end in part.kept_until(users, now).items():
            ends[user] = max(end, ends.get(user, end))
    return ends


def _leaving() -> QuerySet[Profile]:
    return Profile.objects.filter(leaving_since__isnull=False, erased_at__isnull=True)


def _erase_leaver(profile: Profile, now: datetime) -> str:
    if stays_until(profile.user, now) is not None:
        return "waiting"
    try:
        with transaction.atomic():
            user = lock_user(profile.pk)  # before the profile, as an erasure and a change of address do
            still_leaving = Profile.objects.select_for_update().filter(pk=profile.pk, leaving_since__isnull=False)
            if not still_leaving.exists():
                return "waiting"
            refuse_privileged(user)
            erase_user(profile.pk, now, reason=REASON)
            return "erased"
    except PrivilegedAccount:
        logger.warning("leaving user has rights; an administrator erases them", extra={"user_id": str(profile.pk)})
        stay(profile.user)
        return "refused"
    except Exception:
        logger.exception("user not erased", extra={"user_id": str(profile.pk)})
        return "failed"
