"""The caller's own subscriptions: the list, one with its history, and a new one."""

from http import HTTPStatus

from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented, problems
from foundation.api.views import ListEndpoint
from subscriptions.api.changes import ChangeEndpoint
from subscriptions.api.documentation import CHANGE_PROBLEMS, IDEMPOTENCY_KEY, LOCATION
from subscriptions.api.filters import SubscriptionFilters, filtered
from subscriptions.api.scopes import SUBSCRIPTIONS_READ, SUBSCRIPTIONS_WRITE
from subscriptions.api.serializers import SubscribeSerializer, SubscriptionDetailSerializer, SubscriptionSerializer
from subscriptions.api.targets import TargetEndpoint
from subscriptions.models import Plan, Subscription
from subscriptions.permissions import may_see
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms


class SubscriptionList(ListEndpoint, ChangeEndpoint):
    """The caller's subscriptions, live or not."""

    scopes = {"GET": SUBSCRIPTIONS_READ, "POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_list",
        parameters=[SubscriptionFilters, CHALLENGE],
        responses={200: SubscriptionSerializer(many=True)} | problems(400, 401, 404),
    )
    def get(self, request: Request) -> Response:
        """Your own subscriptions."""
        now = clock.now()
        query = SubscriptionFilters.accept(request.query_params.dict())
        own = filtered(Subscription.objects.filter(user=self.user.pk).select_related("plan"), query, now)
        page = self.page_of(own, query, ordering=query["ordering"])
        serializer = SubscriptionSerializer(page, many=True, context={"now": now})
        return self.answer(serializer.data)

    @documented(
        operation_id="subscriptions_create",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER, LOCATION],
        request=SubscribeSerializer,
        responses={201: SubscriptionSerializer} | CHANGE_PROBLEMS,
    )
    def post(self, request: Request) -> Response:
        """Subscribe to a plan that is on sale. The period starts now. State the terms you saw, to buy no others."""
        now = clock.now()
        wish = SubscribeSerializer.accept(request.data)
        plan = Plan(pk=wish.pop("plan"))  # the service reads the rest
        shown = Terms(**wish)
        return self.change(
            lambda: SubscriptionService.create_subscription(self.user, plan, now=now, actor=self.user, shown=shown),
            now,
            status=HTTPStatus.CREATED,
        )


class SubscriptionDetail(TargetEndpoint):
    """One subscription."""

    scopes = {"GET": SUBSCRIPTIONS_READ}

    @documented(
        operation_id="subscriptions_retrieve",
        parameters=[CHALLENGE],
        responses={200: SubscriptionDetailSerializer} | problems(401, 404),
    )
    def get(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Return a subscription with its history."""
        subscription = self.target(id, may_see)
        return Response(SubscriptionDetailSerializer(subscription, context={"now": clock.now()}).data)
