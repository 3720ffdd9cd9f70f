"""The caller's own subscriptions: the list, one with its history, and a new one."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import (
    CHALLENGE,
    ETAG,
    IF_MATCH,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    RETRY_AFTER,
    documented,
    problems,
)
from foundation.api.permissions import require_permission
from foundation.api.preconditions import entity_tag, is_conditional, require_match, tagged, tagged_unless_known
from foundation.api.throttles import ChangeThrottle
from foundation.api.views import ListEndpoint
from subscriptions import checkout
from subscriptions.annotations import set_metadata
from subscriptions.api.changes import ChangeEndpoint
from subscriptions.api.documentation import CHANGE_PROBLEMS, IDEMPOTENCY_KEY, LOCATION, PAYMENT_REQUIRED
from subscriptions.api.filters import SubscriptionFilters, filtered
from subscriptions.api.request_serializers import MetadataSerializer, SubscribeSerializer
from subscriptions.api.scopes import SUBSCRIPTIONS_READ, SUBSCRIPTIONS_WRITE
from subscriptions.api.serializers import SubscriptionDetailSerializer, SubscriptionSerializer
from subscriptions.api.targets import TargetEndpoint
from subscriptions.api.timestamps import with_timestamps
from subscriptions.api.users import subscriptions_of, user_named
from subscriptions.locks import lock_subscription
from subscriptions.models import Plan, Subscription
from subscriptions.permissions import may_annotate, may_see
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms
from subscriptions.trials import start_trial

ADD = "subscriptions.add_subscription"


class SubscriptionList(ListEndpoint, ChangeEndpoint):
    """The caller's subscriptions, live or not."""

    scopes = {"GET": SUBSCRIPTIONS_READ, "POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_list",
        parameters=[SubscriptionFilters, CHALLENGE],
        responses={200: SubscriptionSerializer(many=True)} | problems(400, 401, 403, 404),
    )
    def get(self, request: Request) -> Response:
        """List your own subscriptions, or with the permission to view them those of a `user`, or of `all`."""
        now = clock.now()
        query = SubscriptionFilters.accept(request.query_params.dict())
        own = filtered(subscriptions_of(self.user, query.get("user"), query.get("external_user_id")), query, now)
        rows = with_timestamps(own.select_related("plan"))
        page = self.page_of(rows, query, ordering=query["ordering"])
        serializer = SubscriptionSerializer(page, many=True, context={"now": now})
        return self.answer(serializer.data)

    @documented(
        operation_id="subscriptions_create",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER, LOCATION],
        request=SubscribeSerializer,
        responses={201: SubscriptionSerializer} | PAYMENT_REQUIRED | CHANGE_PROBLEMS,
    )
    def post(self, request: Request) -> Response:
        """Subscribe to a plan that is on sale. The period starts now. State the terms you saw, to buy no others.

        A service that may add subscriptions does it for a `user`. A `trial` starts at once and costs nothing; who has
        had one gets 409 `trial-used`.
        """
        now = clock.now()
        wish = SubscribeSerializer.accept(request.data)
        plan = Plan(pk=wish.pop("plan"))  # the service reads the rest
        own: dict[str, Any] = {name: wish.pop(name) for name in ("external_id", "metadata") if name in wish}
        user = self._subscriber(wish.pop("user", None), wish.pop("external_user_id", None), own)
        is_trial = wish.pop("trial")
        shown = Terms(**wish)
        if not is_trial:
            self._require_payment(plan.pk, now, shown)
        create: Callable[..., Subscription] = start_trial if is_trial else SubscriptionService.create_subscription
        return self.change(
            lambda: create(user, plan, now=now, actor=self.user, shown=shown, **own),
            now,
            status=HTTPStatus.CREATED,
        )

    def _require_payment(self, plan_id: int, now: datetime, shown: Terms) -> None:
        """Raise PaymentRequired, with the order, unless nothing is due or the caller may add subscriptions.

        It is no part of the change, which is undone where it is refused.
        """
        provider = checkout.current()
        if provider is None or self.user.has_perm(ADD):
            return
        plan = Plan.objects.filter(pk=plan_id).first()
        if plan and not plan.is_free:
            raise self.payment_required(provider.open_first(self.user, plan, now, shown))

    def _subscriber(self, named: str | None, external: str | None, own: dict[str, Any]) -> AbstractUser:
        """Return the user who gets it. Raises MissingPermission, or UnknownUser.

        Subscribers do not write what an integrator relies on.
        """
        if own:
            require_permission(self.user, ADD)
        return user_named(self.user, named, external, ADD)


class SubscriptionDetail(TargetEndpoint):
    """One subscription."""

    http_method_names = ["get", "head", "patch"]
    throttle_classes = [ChangeThrottle]
    scopes = {"GET": SUBSCRIPTIONS_READ, "PATCH": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_retrieve",
        parameters=[ETAG, IF_NONE_MATCH, CHALLENGE],
        responses={200: SubscriptionDetailSerializer} | NOT_MODIFIED | problems(401, 403, 404),
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return a subscription with its history."""
        return tagged_unless_known(request, _detail(self.target(id, may_see), clock.now()))

    @documented(
        operation_id="subscriptions_update",
        parameters=[ETAG, IF_MATCH, CHALLENGE, RETRY_AFTER],
        request=MetadataSerializer,
        responses={200: SubscriptionDetailSerializer} | problems(400, 401, 403, 404, 412, 413, 415, 429),
    )
    def patch(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Replace `external_id`, `metadata` or both. For services that may change subscriptions."""
        wish = MetadataSerializer.accept(request.data)
        subscription, now = self.target(id, may_annotate), clock.now()
        with transaction.atomic():
            if is_conditional(request):
                lock_subscription(subscription)
                require_match(request, entity_tag(_detail(self.target(id, may_annotate), now)))
            set_metadata(subscription, **wish)
        return tagged(_detail(subscription, now))


def _detail(subscription: Subscription, now: datetime) -> dict[str, Any]:
    return dict(SubscriptionDetailSerializer(subscription, context={"now": now}).data)
