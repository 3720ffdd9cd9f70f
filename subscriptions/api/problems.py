"""Problems (RFC 9457) of this app's errors."""

import re
from datetime import datetime
from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException

from foundation.api import problems
from subscriptions.errors import (
    CONFLICTS,
    NOT_FOUND,
    AlreadySubscribed,
    ChangedMeanwhile,
    PaymentRequired,
    RenewalTooEarly,
    SubscriptionError,
)


class ConflictSerializer(problems.ProblemSerializer):
    """A problem with status 409."""

    subscription = serializers.IntegerField(
        required=False, help_text="with `already-subscribed`: the id of the live subscription"
    )
    possible_from = serializers.DateTimeField(
        required=False,
        help_text="with `renewal-too-early` and `change-too-early`: the instant from which the renewal is possible",
    )


class PaymentRequiredSerializer(problems.ProblemSerializer):
    """A problem with status 402."""

    order = serializers.IntegerField(help_text="the id of the order")
    pay_url = serializers.URLField(help_text="the page on which the subscriber pays")


def problem_of(error: SubscriptionError) -> dict[str, Any]:
    """Return the problem of an error in PROBLEMS."""
    return problems.problem(_status(error), str(error), type=urn(type(error)), **_extensions(error))


def _status(error: SubscriptionError) -> HTTPStatus:
    if isinstance(error, PaymentRequired):
        return HTTPStatus.PAYMENT_REQUIRED
    return HTTPStatus.CONFLICT if isinstance(error, CONFLICTS) else HTTPStatus.NOT_FOUND


def _extensions(error: SubscriptionError) -> dict[str, Any]:
    match error:
        case AlreadySubscribed(subscription_id=int()):
            return {"subscription": error.subscription_id}
        case RenewalTooEarly():
            return {"possible_from": _as_text(error.possible_from)}
        case PaymentRequired():
            return {"order": error.order_id, "pay_url": error.pay_url}
        case ChangedMeanwhile():
            return {"errors": [_difference(name, value) for name, value in error.present.items()]}
    return {}


def _difference(name: str, value: object) -> dict[str, str]:
    present = _as_text(value) if isinstance(value, datetime) else value
    return {"field": f"expected_{name}", "detail": f"It is {present} now."}


def _as_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def urn(error: type[SubscriptionError]) -> str:
    """Return the problem type of an error."""
    return problems.problem_type(re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower())


PROBLEMS = (problems.ProblemSource((*CONFLICTS, *NOT_FOUND, PaymentRequired), problem_of),)


class PlanInUse(APIException):
    """Subscriptions or events refer to the plan."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "Somebody has subscribed to this plan. Take it off sale instead: PATCH it with on_sale false."
    problem = "plan-in-use"


class KeyUsedForSomethingElse(APIException):
    """The Idempotency-Key was used with a different request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request. Take a new one."
