"""Endpoint that tells what a user has access to."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, documented, problems
from foundation.api.examples import example
from foundation.api.serializers import StrictSerializer
from foundation.api.views import PrivateEndpoint
from foundation.orm.key import in_json
from subscriptions.api.scopes import USERS_READ
from subscriptions.api.serializers import SUBSCRIPTION, SubscriptionSerializer
from subscriptions.api.timestamps import with_timestamps
from subscriptions.api.user_detail import USER_ID
from subscriptions.api.users import user_in_path
from subscriptions.models import Subscription
from subscriptions.models.subscription import access_end

REASONS = {
    "live": "a subscription is live",
    "ended": "the last subscription has ended",
    "none": "there has never been a subscription",
    "deactivated": "the account is deactivated",
}


class AccessParameters(StrictSerializer):
    """Query parameters of the access."""

    plan = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1, help_text="to this plan only")


@example({"user": 7, "access": True, "until": SUBSCRIPTION["end_date"], "reason": "live", "subscription": SUBSCRIPTION})
class AccessSerializer(serializers.Serializer[Any]):
    """Access of a user."""

    user = serializers.JSONField(help_text="the user's id")
    access = serializers.BooleanField()
    until = serializers.DateTimeField(
        allow_null=True, help_text="the first instant without access; the one that has passed if there is none now"
    )
    reason = serializers.ChoiceField(
        choices=list(REASONS), help_text="; ".join(f"`{name}`: {text}" for name, text in REASONS.items())
    )
    subscription = SubscriptionSerializer(
        allow_null=True,
        help_text="the one that decides: of those that are live, or else of all, the one that ends last",
    )


class Access(PrivateEndpoint):
    """Access of a user."""

    scopes = {"GET": USERS_READ}

    @documented(
        operation_id="users_access",
        parameters=[USER_ID, AccessParameters, CHALLENGE],
        responses={200: AccessSerializer} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request, id: str) -> Response:  # noqa: A002 - the name in the API's path
        """Return whether a user has access, until when, and why. Others' need the permission to view subscriptions."""
        query = AccessParameters.accept(request.query_params.dict())
        user = user_in_path(self.user, id)
        now = clock.now()
        found = _deciding(user, query.get("plan"))
        return Response(AccessSerializer(_access(user, found, now), context={"now": now}).data)


def _deciding(user: AbstractUser, plan: int | None) -> Subscription | None:
    """Return the subscription that ends last; one that was ended early has its end moved to that instant."""
    own = Subscription.objects.filter(user=user.pk, **({"plan": plan} if plan else {}))
    return with_timestamps(own.select_related("plan")).order_by(access_end().desc(), "-pk").first()


def _access(user: AbstractUser, subscription: Subscription | None, now: datetime) -> dict[str, Any]:
    live = subscription is not None and subscription.is_live(now)
    reason = ("live" if live else "ended") if subscription else "none"
    return {
        "user": in_json(user.pk),
        "access": live and user.is_active,
        "until": subscription.access_end if subscription else None,
        "reason": reason if user.is_active else "deactivated",
        "subscription": subscription,
    }
