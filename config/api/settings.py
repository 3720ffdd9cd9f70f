"""Settings of the JSON API: Django REST framework, its tokens, and drf-spectacular's description of it."""

from typing import Any

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
    "DESCRIPTION": (
        "Plans, and the subscriptions of whoever asks. Times are in UTC. Every error is a problem as RFC 9457"
        " describes it, `application/problem+json`. A program sends `Authorization: Token ...`; a page of the site has"
        " its session, and sends `X-CSRFToken` with each POST."
    ),
    "OAS_VERSION": "3.1.0",
    "SERVERS": [{"url": "../.."}],  # relative to static/config/openapi.json, so that a stage before it counts
    "DEFAULT_GENERATOR_CLASS": "config.api.schema.Generator",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # `make schema` fails on warnings, and a test on a schema that is out of date
    "COMPONENT_SPLIT_REQUEST": True,
}
