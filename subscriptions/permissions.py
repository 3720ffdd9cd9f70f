"""Permissions on a subscription. Each right is a predicate of the caller and the subscription.

For anybody but the owner it is the permission that the admin's action asks for; `is_staff` alone only opens the admin.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.http import Http404
from rest_framework.exceptions import PermissionDenied

from subscriptions import checkout
from subscriptions.models import Subscription


@dataclass(frozen=True)
class Caller:
    """The user who asks. `has_token` tells a program from somebody at a browser."""

    user: AbstractUser
    has_token: bool

    def owns(self, subscription: Subscription) -> bool:
        """Return True if the subscription is the caller's own."""
        return bool(subscription.user_id == self.user.pk)


Right = Callable[[Caller, Subscription], bool]


def may_see(caller: Caller, subscription: Subscription) -> bool:
    """Allow the owner, and operators who may view subscriptions in the admin."""
    return caller.owns(subscription) or caller.user.has_perm("subscriptions.view_subscription")


def may_cancel(caller: Caller, subscription: Subscription) -> bool:
    """Allow the owner, and operators who may change subscriptions; resuming is the same right."""
    return caller.owns(subscription) or caller.user.has_perm("subscriptions.change_subscription")


def may_cancel_now(caller: Caller, subscription: Subscription) -> bool:
    """Allow operators: the paid period ends without anything in return."""
    return caller.user.has_perm("subscriptions.cancel_subscription_now")


def may_annotate(caller: Caller, subscription: Subscription) -> bool:
    """Allow whoever may change subscriptions: other systems rely on what they keep, so the owner is no exception."""
    return caller.user.has_perm("subscriptions.change_subscription")


def may_change_at_once(caller: Caller, subscription: Subscription) -> bool:
    """Allow operators to change the plan at once and free of charge; never the owner, who pays for it."""
    return not caller.owns(subscription) and caller.user.has_perm("subscriptions.change_plan_at_once")


def may_renew(caller: Caller, subscription: Subscription) -> bool:
    """Allow the roles of the setting RENEWAL_ALLOWED_TO; for a free plan the owner too."""
    return (caller.owns(subscription) and subscription.renewal_plan.is_free) or may_renew_early(caller, subscription)


def may_renew_or_pay(caller: Caller, subscription: Subscription) -> bool:
    """Allow whom `may_renew` allows, and owners to pay for another period where subscribers pay."""
    pays = caller.owns(subscription) and checkout.required(subscription.renewal_plan) is not None
    return pays or may_renew(caller, subscription)


def may_renew_early(caller: Caller, subscription: Subscription) -> bool:
    """Allow the roles of RENEWAL_ALLOWED_TO to renew however much is left, except the owner of a free plan.

    Nobody pays for a free plan, so its owner could renew it for ever.
    """
    allowed = settings.RENEWAL_ALLOWED_TO
    if "owner" in allowed and caller.owns(subscription) and not subscription.renewal_plan.is_free:
        return True
    as_staff = "staff" in allowed and caller.user.is_staff
    as_service = "service" in allowed and caller.has_token
    return (as_staff or as_service) and caller.user.has_perm("subscriptions.renew_subscription")


def may_give_days(caller: Caller, subscription: Subscription) -> bool:
    """Allow whoever may renew without payment; never the owner."""
    return caller.user.has_perm("subscriptions.renew_subscription")


def require(right: Right, caller: Caller, subscription: Subscription) -> None:
    """Raise PermissionDenied if the right is missing, or Http404 if the caller may not even see the subscription."""
    if right(caller, subscription):
        return
    if may_see(caller, subscription):
        raise PermissionDenied
    raise Http404
