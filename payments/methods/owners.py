"""Owners of the payment methods and customers that a provider reports."""

import logging

from foundation.orm.key import Key
from subscriptions.errors import UnknownUser
from subscriptions.locks import lock_owner

logger = logging.getLogger(__name__)


def lock_if_known(owner: Key) -> bool:
    """Lock the user, so that an erasure is over, or sees what is kept. Return False if they have been deleted."""
    try:
        lock_owner(owner)
    except UnknownUser:  # no later try finds them
        logger.warning("a payment method of a user who is gone", extra={"user_id": str(owner)})
        return False
    return True
