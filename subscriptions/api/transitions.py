"""Endpoints that cancel, resume and renew."""

from dataclasses import replace
from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from foundation import clock
from foundation.api.documentation import CHALLENGE, RETRY_AFTER, documented
from subscriptions import checkout
from subscriptions.api.changes import ChangeEndpoint
from subscriptions.api.documentation import CHANGE_PROBLEMS, IDEMPOTENCY_KEY, PAYMENT_REQUIRED
from subscriptions.api.request_serializers import CancelSerializer, DaysSerializer, NothingSerializer, RenewSerializer
from subscriptions.api.scopes import SUBSCRIPTIONS_WRITE
from subscriptions.api.serializers import SubscriptionSerializer
from subscriptions.api.targets import TargetEndpoint
from subscriptions.permissions import (
    may_cancel,
    may_cancel_now,
    may_give_days,
    may_renew,
    may_renew_early,
    may_renew_or_pay,
)
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms

PARAMETERS = [IDEMPOTENCY_KEY, CHALLENGE, RETRY_AFTER]
RESPONSES = {200: SubscriptionSerializer} | CHANGE_PROBLEMS


class Cancel(ChangeEndpoint, TargetEndpoint):
    """Endpoint that cancels a subscription."""

    scopes = {"POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_cancel", parameters=PARAMETERS, request=CancelSerializer, responses=RESPONSES
    )
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Cancel: access stays until the end of the paid period. Operators may also end it `now`."""
        now = clock.now()
        wish = CancelSerializer.accept(request.data)
        at_once = wish["when"] == "now"
        subscription = self.target(id, may_cancel_now if at_once else may_cancel)
        cancel = SubscriptionService.cancel_now if at_once else SubscriptionService.cancel_subscription
        shown = Terms(end_date=wish.get("end_date"))
        return self.change(lambda: cancel(subscription, wish["reason"], now=now, actor=self.user, shown=shown), now)


class Reactivate(ChangeEndpoint, TargetEndpoint):
    """Endpoint that resumes a subscription."""

    scopes = {"POST": SUBSCRIPTIONS_WRITE}

    @documented(operation_id="subscriptions_reactivate", parameters=PARAMETERS, request=None, responses=RESPONSES)
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Resume a cancelled subscription before it ends."""
        now = clock.now()
        NothingSerializer.accept(request.data)
        subscription = self.target(id, may_cancel)
        reactivate = SubscriptionService.reactivate_subscription
        return self.change(lambda: reactivate(subscription, now=now, actor=self.user), now)


class Renew(ChangeEndpoint, TargetEndpoint):
    """Endpoint that renews a subscription."""

    scopes = {"POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_renew",
        parameters=PARAMETERS,
        request=RenewSerializer,
        responses=PAYMENT_REQUIRED | RESPONSES,
    )
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Add a period. For whoever took the money; the owner may renew a free plan while at most one period is left.

        Without `expected_end_date` and without an Idempotency-Key each request adds a period.
        """
        now = clock.now()
        shown = Terms(**RenewSerializer.accept(request.data))
        subscription = self.target(id, may_renew_or_pay)
        provider = checkout.required(subscription.renewal_plan)
        if provider and not may_renew(self.caller, subscription):
            raise self.payment_required(provider.open_renewal(subscription, now, shown))
        if subscription.renewal_plan.is_free and shown.price is None:
            shown = replace(shown, price=subscription.renewal_plan.price)  # the owner's right stands on it
        early = partial(may_renew_early, self.caller, subscription)
        renew = SubscriptionService.renew_subscription
        return self.change(lambda: renew(subscription, now=now, actor=self.user, shown=shown, early=early), now)


class GiveDays(ChangeEndpoint, TargetEndpoint):
    """Endpoint that gives days."""

    scopes = {"POST": SUBSCRIPTIONS_WRITE}

    @documented(
        operation_id="subscriptions_give_days", parameters=PARAMETERS, request=DaysSerializer, responses=RESPONSES
    )
    def post(self, request: Request, id: int) -> Response:  # noqa: A002 - the name in the API's path
        """Add days without payment, to what is left or from now on. For operators and services that may renew."""
        now = clock.now()
        wish = DaysSerializer.accept(request.data)
        subscription = self.target(id, may_give_days)
        give, shown = SubscriptionService.give_days, Terms(end_date=wish.get("end_date"))
        return self.change(
            lambda: give(subscription, wish["days"], wish["reason"], now=now, actor=self.user, shown=shown), now
        )
