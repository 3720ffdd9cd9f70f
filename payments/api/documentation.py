"""OpenAPI descriptions of orders and refunds."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from foundation.api.documentation import problem, problems
from payments.api.problems import urn
from payments.api.serializers import ORDER
from payments.errors import NothingDue, NotRefundable
from subscriptions.api.documentation import ALREADY_SUBSCRIBED
from subscriptions.api.problems import ConflictSerializer
from subscriptions.api.problems import urn as subscription_urn
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile, ChangeTooEarly, PlanNotOnSale

_COMMON = problems(400, 401, 403, 404, 413, 415, 422, 429)
_OF_SUBSCRIPTIONS = (AlreadySubscribed, PlanNotOnSale, ChangedMeanwhile, ChangeTooEarly)
_REFUSALS = (urn(NothingDue), *map(subscription_urn, _OF_SUBSCRIPTIONS))
ORDER_PROBLEMS = _COMMON | problem(
    409,
    "No such order can be opened; `type` says why: " + ", ".join(f"`{name}`" for name in _REFUSALS),
    ConflictSerializer,
    ALREADY_SUBSCRIBED,
)
REFUND_PROBLEMS = _COMMON | problem(409, f"The payment has less left than that, or is none: `{urn(NotRefundable)}`")
ORDER_LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, description="the order", response=[201], required=True
)
ORDER_EXAMPLES = [
    OpenApiExample(name, value=value, request_only=True)
    for name, value in {
        "First period": {"plan": 1, "expected_price": "9.90", "expected_currency": "EUR"},
        "Renewal": {"subscription": 42, "expected_end_date": "2026-12-31T09:30:00Z"},
    }.items()
] + [OpenApiExample("Example", value=ORDER, response_only=True, status_codes=["200", "201"])]
