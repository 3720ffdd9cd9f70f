"""OpenAPI descriptions that changing endpoints share."""

from collections.abc import Iterable

from drf_spectacular.utils import OpenApiParameter

from foundation.api.documentation import problem, problems
from subscriptions.api.idempotency import HEADER, KEY_PATTERN
from subscriptions.api.problems import ConflictSerializer, PaymentRequiredSerializer, urn
from subscriptions.errors import CONFLICTS, AlreadySubscribed, PaymentRequired, SubscriptionError

ALREADY_SUBSCRIBED = {
    "type": urn(AlreadySubscribed),
    "title": "Conflict",
    "status": 409,
    "detail": "user 7 has the live subscription 42 to plan 1, which is active; renew that one",
    "subscription": 42,
}


def _with_subclasses(errors: Iterable[type[SubscriptionError]]) -> set[type[SubscriptionError]]:
    """Return the errors and all that are more specific: each has a problem type of its own."""
    found = set(errors)
    return found.union(*(_with_subclasses(error.__subclasses__()) for error in found))


CONFLICT = "The state of things forbids it; `type` says why: " + ", ".join(
    f"`{name}`" for name in sorted(map(urn, _with_subclasses(CONFLICTS)))
)
PAYMENT_REQUIRED = problem(
    402,
    "The period must be paid for first, on the page `pay_url`. The same request leads to the same order.",
    PaymentRequiredSerializer,
    {
        "type": urn(PaymentRequired),
        "title": "Payment Required",
        "status": 402,
        "detail": "pay order 31 first; the period is given when the money has arrived",
        "order": 31,
        "pay_url": "https://subscriptions.example.com/pay/31/",
    },
)
CHANGE_PROBLEMS = problems(400, 401, 403, 404, 413, 415, 422, 429) | problem(
    409, CONFLICT, ConflictSerializer, ALREADY_SUBSCRIBED
)

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": KEY_PATTERN},
    OpenApiParameter.HEADER,
    description="For 24 hours the same key and request give the same answer again, and do nothing more.",
)
LOCATION = OpenApiParameter(
    "Location", str, OpenApiParameter.HEADER, description="what was created", response=[201], required=True
)
