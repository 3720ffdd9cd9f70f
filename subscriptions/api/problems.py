"""The errors of this app, as problems."""

import re
from http import HTTPStatus
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.response import Response

from foundation.api import problems
from subscriptions.errors import (
    AlreadySubscribed,
    IllegalTransition,
    InvalidPeriod,
    PlanNotOnSale,
    SubscriptionError,
    UnknownPlan,
    UnknownSubscription,
    UnknownUser,
)

CONFLICTS = (AlreadySubscribed, IllegalTransition, InvalidPeriod, PlanNotOnSale)
"""What the state of things forbids: 409."""

NOT_FOUND = (UnknownPlan, UnknownSubscription, UnknownUser)
"""What does not exist: 404."""


class ConflictSerializer(problems.ProblemSerializer):
    """A problem with status 409."""

    subscription = serializers.IntegerField(
        required=False, help_text="with `already-subscribed`: the id of the live subscription"
    )


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """The exception handler of the whole API (settings: EXCEPTION_HANDLER)."""
    if isinstance(error, CONFLICTS + NOT_FOUND):
        return problems.as_response(problem_of(error))
    return problems.problem_response(error, context)


def problem_of(error: SubscriptionError) -> dict[str, Any]:
    """The problem that one of CONFLICTS or NOT_FOUND is."""
    status = HTTPStatus.CONFLICT if isinstance(error, CONFLICTS) else HTTPStatus.NOT_FOUND
    return problems.problem(status, str(error), type=urn(type(error)), **_extensions(error))


def _extensions(error: SubscriptionError) -> dict[str, Any]:
    if isinstance(error, AlreadySubscribed) and error.subscription_id is not None:
        return {"subscription": error.subscription_id}
    return {}


def urn(error: type[SubscriptionError]) -> str:
    """The type of the problem that an error is."""
    return f"urn:subscriptions:problem:{re.sub(r'(?<!^)(?=[A-Z])', '-', error.__name__).lower()}"


class KeyUsedForSomethingElse(APIException):
    """The Idempotency-Key stands for another request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key was used for another request. Take a new one."
