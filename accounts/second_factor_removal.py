"""Removal of a second factor that its owner has lost, by an operator and on record."""

import logging
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import two_factor
from accounts.erasure import lock_user
from accounts.mails import SECOND_FACTOR_REMOVED, tell_owner
from accounts.sessions import end_known_sessions
from foundation.orm.key import Key

logger = logging.getLogger(__name__)


@transaction.atomic
def remove_second_factor(key: Key, *, actor: AbstractBaseUser | None, reason: str) -> bool:
    """Turn the second factor off, end the sessions, and tell the owner. Return False if there was none.

    `actor` (None: a command) and `reason` are recorded in the admin's log. Raises UnknownAccount.
    """
    user = lock_user(key)
    had_one = bool(two_factor.devices_of(user))
    two_factor.turn_off(user)
    if had_one:
        end_known_sessions(user)
        _record(user, actor, reason)
        tell_owner(SECOND_FACTOR_REMOVED, user)
        logger.info("second factor removed", extra={"user_id": str(key), "by_operator": actor is not None})
    return had_one


def _record(user: Any, actor: AbstractBaseUser | None, reason: str) -> None:
    """Log the reason. An entry needs a user: one by a command stands under the account's own, and says so."""
    text = _("second factor removed: %(reason)s") if actor else _("second factor removed by a command: %(reason)s")
    by = actor.pk if actor else user.pk
    LogEntry.objects.log_actions(by, [user], CHANGE, change_message=text % {"reason": reason}, single_object=True)
