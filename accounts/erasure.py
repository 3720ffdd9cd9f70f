"""Erasure of a user: personal data goes, history and figures stay under a pseudonym."""

import logging
from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts.address_holders import address_holders
from accounts.models import Profile
from accounts.overwriting import old_values, overwrite
from accounts.profiles import profile_of
from foundation.email_addresses import address_of, spellings
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from foundation.personal_data import Erasure, parts
from foundation.redaction import redacted

logger = logging.getLogger(__name__)

PSEUDONYM_LENGTH = 20
"""Hexadecimal digits: 80 bits, so that no two users share one."""


class AccountError(Exception):
    """Base class of refusals about an account. Nothing was done."""


class UnknownAccount(AccountError, LookupError):
    """There is no such user. Look for another key or name."""


def pseudonym_of(key: Key) -> str:
    """Return the name that replaces the user's: the same each time, and a keyed hash, which leads back to nobody."""
    digest = salted_hmac("accounts.erasure", str(key), algorithm="sha256").hexdigest()
    return f"erased-{digest[:PSEUDONYM_LENGTH]}"


def erase_user(key: Key, now: datetime, *, actor: AbstractBaseUser | None = None, reason: str = "") -> bool:
    """Erase the user in one transaction. Return False if that was done before. Raises UnknownAccount.

    Subscriptions end at once, through the service. `actor` (None: the user, or a command) and `reason` are recorded.
    """
    with transaction.atomic():
        user = lock_user(key)
        profile = profile_of(user)
        if profile.erased_at is not None:
            return False
        addresses = _addresses(user)
        erasure = Erasure(user, pseudonym_of(key), addresses, _names(user, profile) - addresses, now)
        for part in parts():
            part.erase(erasure)
        overwrite(user, erasure.pseudonym)
        _record(erasure, actor, reason)
    logger.info("user erased", extra={"user_id": str(key), "by_operator": actor is not None})
    return True


def lock_user(key: Key) -> AbstractBaseUser:
    """Lock the user's row as transitions do, so that both wait for each other. Raises UnknownAccount."""
    found = get_user_model()._base_manager.select_for_update().filter(any_of("pk", [key])).first()
    if found is None:
        raise UnknownAccount(f"there is no user {key}")
    return found


def _addresses(user: AbstractBaseUser) -> frozenset[str]:
    """Return the spellings of the user's address, and of former ones that no other account has by now."""
    former = {address for part in parts() for address in part.former_addresses(user)}
    free = {address for address in former if not address_holders(address).exclude(pk=user.pk).exists()}
    own = filter(None, {address_of(user), *free})
    return frozenset(spelling for address in own for spelling in (*spellings(address), address.lower()))


def _names(user: AbstractBaseUser, profile: Profile) -> frozenset[str]:
    return frozenset(filter(None, (*old_values(user), profile.external_user_id)))


def _record(erasure: Erasure, actor: AbstractBaseUser | None, reason: str) -> None:
    """Replace the profile by the record of the erasure."""
    Profile.objects.filter(user=erasure.user.pk).delete()
    Profile.objects.create(
        user_id=erasure.user.pk,
        erased_at=erasure.now,
        erased_by_id=actor.pk if actor and actor.pk != erasure.user.pk else None,
        erasure_reason=redacted(reason, erasure.old_values, erasure.pseudonym),
    )
