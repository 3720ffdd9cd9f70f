"""Subscriptions and plans that requests name."""

from django.http import Http404

from foundation.api.scopes import TokenCredentials
from foundation.api.views import PrivateEndpoint
from subscriptions.api.timestamps import with_timestamps
from subscriptions.errors import UnknownPlan
from subscriptions.models import Plan, Subscription
from subscriptions.permissions import Caller, Right, require


class TargetEndpoint(PrivateEndpoint):
    """An endpoint of the subscription that its path names."""

    def target(self, key: int, right: Right) -> Subscription:
        """Return the subscription, with its plan. Raises Http404, or PermissionDenied if `right` is missing."""
        subscription = with_timestamps(Subscription.objects.select_related("plan")).filter(pk=key).first()
        if subscription is None:
            raise Http404
        require(right, self.caller, subscription)
        return subscription

    @property
    def caller(self) -> Caller:
        """The user who asks, and how."""
        return Caller(self.user, isinstance(self.request.auth, TokenCredentials))


def find_plan(key: int) -> Plan:
    """Return the plan, on sale or not. Raises UnknownPlan."""
    plan = Plan.objects.filter(pk=key).first()
    if plan is None:
        raise UnknownPlan(f"there is no plan {key}")
    return plan
