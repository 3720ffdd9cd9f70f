"""The subscription that an address names."""

from django.http import Http404
from knox.models import AuthToken

from foundation.api.views import PrivateEndpoint
from subscriptions.models import Subscription
from subscriptions.permissions import Caller, Right, demand


class TargetEndpoint(PrivateEndpoint):
    """Works on one subscription."""

    def target(self, key: int, right: Right) -> Subscription:
        """The subscription, with its plan. Raises Http404, or PermissionDenied where `right` is missing."""
        subscription = Subscription.objects.select_related("plan").filter(pk=key).first()
        if subscription is None:
            raise Http404
        demand(right, Caller(self.user, isinstance(self.request.auth, AuthToken)), subscription)
        return subscription
