"""Who may do what with a subscription. Each right is a predicate of the caller and the subscription."""

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
    """The owner, staff, and who may view subscriptions in the admin."""
    return caller.owns(subscription) or caller.user.is_staff or caller.user.has_perm("subscriptions.view_subscription")


def may_cancel(caller: Caller, subscription: Subscription) -> bool:
    """The owner and staff; reactivating is the same right."""
    return caller.owns(subscription) or caller.user.is_staff


def may_cancel_now(caller: Caller, subscription: Subscription) -> bool:
    """Operators: what is paid for ends without anything in return."""
    return caller.user.is_staff or caller.user.has_perm("subscriptions.cancel_subscription_now")


def may_renew(caller: Caller, subscription: Subscription) -> bool:
    """Whoever took the money, as the setting RENEWAL_ALLOWED_TO says; where there is none to take, the owner."""
    allowed = settings.RENEWAL_ALLOWED_TO
    if caller.owns(subscription) and ("owner" in allowed or subscription.plan.price == 0):
        return True
    if caller.user.is_staff and "staff" in allowed:
        return True
    return "service" in allowed and caller.has_token and caller.user.has_perm("subscriptions.renew_subscription")


def demand(right: Right, caller: Caller, subscription: Subscription) -> None:
    """Raise PermissionDenied where the right is missing, or Http404 where not even that it exists may be known."""
    if right(caller, subscription):
        return
    if may_see(caller, subscription):
        raise PermissionDenied
    raise Http404
