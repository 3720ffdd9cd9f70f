"""Who may do what with a subscription. Each right is a predicate of the caller and the subscription.

For anybody but the owner it is the permission that the admin's action asks for; `is_staff` alone only opens the admin.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.http import Http404
from rest_framework.exceptions import PermissionDenied

from subscriptions.models import Subscription


@dataclass(frozen=True)
class Caller:
    """The user who asks. `has_token` tells a program from somebody at a browser."""

    user: AbstractUser
    has_token: bool

    def owns(self, subscription: Subscription) -> bool:
        """Whether it is their own."""
        return bool(subscription.user_id == self.user.pk)


Right = Callable[[Caller, Subscription], bool]


def may_see(caller: Caller, subscription: Subscription) -> bool:
    """The owner, and who may view subscriptions in the admin."""
    return caller.owns(subscription) or caller.user.has_perm("subscriptions.view_subscription")


def may_cancel(caller: Caller, subscription: Subscription) -> bool:
    """The owner, and who may change subscriptions; reactivating is the same right."""
    return caller.owns(subscription) or caller.user.has_perm("subscriptions.change_subscription")


def may_cancel_now(caller: Caller, subscription: Subscription) -> bool:
    """Operators: what is paid for ends without anything in return."""
    return caller.user.has_perm("subscriptions.cancel_subscription_now")


def may_renew(caller: Caller, subscription: Subscription) -> bool:
    """Whoever took the money, as the setting RENEWAL_ALLOWED_TO says; where there is none to take, the owner."""
    allowed = settings.RENEWAL_ALLOWED_TO
    if caller.owns(subscription) and ("owner" in allowed or subscription.plan.price == 0):
        return True
    as_staff = "staff" in allowed and caller.user.is_staff
    as_service = "service" in allowed and caller.has_token
    return (as_staff or as_service) and caller.user.has_perm("subscriptions.renew_subscription")


def demand(right: Right, caller: Caller, subscription: Subscription) -> None:
    """Raise PermissionDenied where the right is missing, or Http404 where not even that it exists may be known."""
    if right(caller, subscription):
        return
    if may_see(caller, subscription):
        raise PermissionDenied
    raise Http404
