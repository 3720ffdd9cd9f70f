"""Permissions for API endpoints of other apps."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from foundation import clock
from subscriptions.entitlement import has_live_subscription

SUBSCRIPTION_REQUIRED = "subscription-required"


class IsSubscriber(BasePermission):
    """Allow users with a live subscription; a subclass that sets `plan` allows those to a plan of that name only.

    Others get a problem of type `subscription-required` with status 403, or 401 without credentials. One query.
    """

    plan: str | None = None
    code = SUBSCRIPTION_REQUIRED
    message = "A live subscription is required. Subscribe to one of the plans that /api/v1/plans lists."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return True if the user has a live subscription at the present instant."""
        return has_live_subscription(request.user, clock.now(), plan=self.plan)
