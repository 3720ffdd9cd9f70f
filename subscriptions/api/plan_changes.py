"""Endpoint that changes the plan."""

from datetime import datetime

from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented
from subscriptions import checkout
from subscriptions.api.changes import ChangeEndpoint
from subscriptions.api.documentation import CHANGE_PROBLEMS, IDEMPOTENCY_KEY, PAYMENT_REQUIRED
from subscriptions.api.request_serializers import ChangePlanSerializer
from subscriptions.api.scopes import SUBSCRIPTIONS_WRITE
from subscriptions.api.serializers import SubscriptionSerializer
from subscriptions.api.targets import TargetEndpoint, find_plan
from subscriptions.checkout import Checkout
from subscriptions.errors import ChangedMeanwhile, SubscriptionError
from subscriptions.models import Plan, Subscription
from subscriptions.permissions import may_cancel, may_change_at_once, may_see
from subscriptions.plan_changes import change_plan, preview
from subscriptions.terms import Terms


class ChangePlan(ChangeEndpoint, TargetEndpoint):
    """Endpoint that changes the plan of a subscription."""

    scopes = {"POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_change_plan",
        parameters=[IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER],
        request=ChangePlanSerializer,
        responses={200: SubscriptionSerializer} | PAYMENT_REQUIRED | CHANGE_PROBLEMS,
    )
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Change the plan with the next renewal, or now: the owner pays the difference first, operators change it free.

        The unused paid value of the running period is credited. Where nothing is left to pay, it becomes time.
        """
        now = clock.now()
        wish = ChangePlanSerializer.accept(request.data)
        plan = find_plan(wish.pop("plan"))
        at, reason = wish.pop("when"), wish.pop("reason")
        if at == "now" and (subscription := self.target(id, may_see)) and self.caller.owns(subscription):
            return self._bought(subscription, plan, now, Terms(**wish))
        subscription = self.target(id, may_change_at_once if at == "now" else may_cancel)
        shown = Terms(**wish)
        return self.change(
            lambda: change_plan(subscription, plan, at, now=now, actor=self.user, reason=reason, shown=shown), now
        )

    def _bought(self, subscription: Subscription, plan: Plan, now: datetime, shown: Terms) -> Response:
        """Change the plan if nothing is left to pay. Raises PaymentRequired, and PermissionDenied without a checkout.

        The order is no part of the change, which is undone where it is refused.
        """
        provider = checkout.current()
        if provider is None:
            raise PermissionDenied
        if _costs(provider, subscription, plan, now):
            due = provider.open_change(subscription, plan, now, shown, self.user)
            raise self.payment_required(due) if due else ChangedMeanwhile(subscription, {})

        def change() -> Subscription:
            if provider.open_change(subscription, plan, now, shown, self.user):
                raise ChangedMeanwhile(subscription, {})
            return subscription

        return self.change(change, now)


def _costs(provider: Checkout, subscription: Subscription, plan: Plan, now: datetime) -> bool:
    """Return True if something is to be paid; False also for what is refused, or was done by a request before."""
    try:
        preview(subscription, plan, now)
        return bool(provider.quote_change(subscription, plan, now).amount)
    except SubscriptionError:
        return False
