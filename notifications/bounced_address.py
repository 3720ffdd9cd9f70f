"""Suppression of a user's own address after a bounce, which the user may lift once.

Once per address and user, because mail to dead addresses costs the sender's reputation. Complaints are not lifted here:
SES's recipients asked for no more mail. Operators lift any suppression in the admin.
"""

from django.contrib.auth.base_user import AbstractBaseUser

from foundation.email_addresses import address_of, normalised
from notifications.models import Reason, Suppression, SuppressionQuerySet, database_time


def is_suppressed(user: AbstractBaseUser) -> bool:
    """Return True if mail to the user's address has stopped because it bounced."""
    return _bounces(user).live().exists()


def may_lift(user: AbstractBaseUser) -> bool:
    """Return True unless the user has lifted a suppression of this address before."""
    return not _bounces(user).filter(lifted_by=user.pk).exists()


def lift(user: AbstractBaseUser) -> bool:
    """Lift the suppression in the user's name; return False if there is none or it may not be lifted."""
    return may_lift(user) and bool(_bounces(user).live().update(lifted_at=database_time(), lifted_by=user.pk))


def _bounces(user: AbstractBaseUser) -> SuppressionQuerySet:
    """Return the bounces of the address, those from before its former owner was erased included."""
    from notifications.ses.hashed_addresses import stored_forms  # noqa: PLC0415 - a start need not load it

    address = normalised(address_of(user))
    forms = stored_forms(address) if address else ()
    return Suppression.objects.filter(address__in=forms, reason=Reason.BOUNCE)
