"""Settings of the JSON API: Django REST framework, its tokens, and drf-spectacular's description of it."""

from typing import Any

DESCRIPTION = """Plans, and the subscriptions, orders and payments of whoever asks. Times are in UTC.

## Quick start

Create a token on your account page, under *API tokens*, and give it the scopes that you need. Then:

```sh
API=https://subscriptions.example.com/api/v1
TOKEN=sub_...

curl $API/plans
curl $API/subscriptions -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
     -H "Idempotency-Key: order-1234" -d '{"plan": 1, "expected_price": "9.90", "expected_currency": "EUR"}'
curl $API/subscriptions -H "Authorization: Bearer $TOKEN"
curl $API/subscriptions/42/cancel -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d '{}'
```

## Rules

- A program sends `Authorization: Bearer` and its token (`Token` instead of `Bearer` works too). A page of the site has
  its session, and sends `X-CSRFToken` with each change.
- A token may do what its user may do, within its scopes. A 403 names the scope or the permission that is missing.
- Every error is a problem (RFC 9457), `application/problem+json`. Its `type` stays; its `detail` is for people.
- The same `Idempotency-Key` with the same request gives the same answer again, marked `Idempotency-Replayed: true`.
- Answers to changes tell what is left of the limits in `RateLimit` and `RateLimit-Policy`.
- New members may come. Ignore those that you do not know.
"""
RENEWERS = ("owner", "staff", "service")

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one's challenge goes with a 401.
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "foundation.api.negotiation.AlwaysJSON",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["foundation.api.parsers.UTF8JSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "foundation.api.problems.problem_response",
    "UNICODE_JSON": False,  # an error may repeat half a surrogate pair, which UTF-8 cannot hold
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Subscriptions",
    "VERSION": "1",
    "DESCRIPTION": DESCRIPTION,
    "CONTACT": {"name": "The operators of this site"},
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": [
        {"name": "plans", "description": "What is on sale, for everybody; changes for whoever may make them."},
        {"name": "subscriptions", "description": "The caller's own; others' with the permission."},
        {"name": "orders", "description": "What is to be paid, and the page on which it is paid."},
        {"name": "payments", "description": "Money that moved, and refunds."},
        {"name": "users", "description": "What users have access to, and the ids by which services know them."},
        {"name": "me", "description": "The caller."},
        {"name": "events", "description": "What is published on SNS, to fill gaps."},
        {"name": "notifications", "description": "Mails to the caller."},
        {"name": "notification-preferences", "description": "Which mails the caller wants."},
    ],
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "../.."}],  # relative to static/config/openapi.json, so that a stage before it counts
    "DEFAULT_GENERATOR_CLASS": "config.api.schema.Generator",
    "ENUM_NAME_OVERRIDES": {
        "OrderKindEnum": "payments.models.Order.Kind",
        "OrderStateEnum": "payments.models.OrderState",
        "PaymentKindEnum": "payments.models.Payment.Kind",
        "StateEnum": "notifications.models.State",
        "RefundStateEnum": "payments.models.Refund.State",
    },
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # `make schema` fails on warnings, and a test on a schema that is out of date
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,  # a change says itself which members it needs
}
