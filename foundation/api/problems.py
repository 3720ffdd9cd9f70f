"""Error responses of the API: problem details (RFC 9457)."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from foundation import registries

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPES = {
    400: "invalid-request",
    401: "not-authenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    412: "precondition-failed",
    413: "body-too-large",
    415: "unsupported-media-type",
    422: "idempotency-key-reused",
    429: "too-many-requests",
    500: "server-error",
    503: "not-now",
}
"""Name of the problem that the status alone describes."""


class BodyTooLarge(exceptions.APIException):
    """The body is larger than DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."


class FieldErrorSerializer(serializers.Serializer[Any]):
    """Error in one field."""

    field = serializers.CharField(help_text="the field's name; empty for the request as a whole")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField(help_text="a URN that names the problem")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    scope = serializers.CharField(
        required=False, allow_null=True, help_text="with `missing-scope`: the scope that the token lacks"
    )
    permission = serializers.CharField(
        required=False, help_text="with `missing-permission`: the permission that the user lacks"
    )
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True,
        required=False,
        help_text="invalid fields (400), or fields that differ from the present terms (409)",
    )


def problem(status: int, detail: str, *, type: str | None = None, **extensions: Any) -> dict[str, Any]:  # noqa: A002
    """Return the body of an error; without a type of its own it has that of the status."""
    return {
        "type": type or problem_type(TYPES[status]),
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extensions,
    }


def problem_type(name: str) -> str:
    """Return the type of the problem with this name, below the setting PROBLEM_TYPE_PREFIX."""
    return f"{settings.PROBLEM_TYPE_PREFIX}:{name}"


@dataclass(frozen=True)
class ProblemSource:
    """Errors of an app, and the function that returns the problem of one; see `foundation.registries.PROBLEMS`."""

    errors: tuple[type[Exception], ...]
    build: Callable[[Any], dict[str, Any]]


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """Return the response to an exception; Django REST framework's handler. Logs unexpected ones and answers 500."""
    if (registered := registered_problem(error)) is not None:
        return as_response(registered)
    known = _as_api_exception(error)
    if known is None:
        logger.error("unhandled error in the API", exc_info=error)
        return as_response(problem(500, "Something went wrong on our side."))
    return as_response(_body(known), headers=_headers(known))


def registered_problem(error: Exception) -> dict[str, Any] | None:
    """Return the problem that an app registered for the error; None if none did."""
    for source in registries.PROBLEMS.items(ProblemSource):
        if isinstance(error, source.errors):
            return source.build(error)
    return None


def as_response(body: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def _as_api_exception(error: Exception) -> exceptions.APIException | None:
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied()
        case RequestDataTooBig():
            return BodyTooLarge()
    return None


def _body(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "The request is not valid.", errors=list(_field_errors(error.detail)))
    return problem(error.status_code, str(error.detail), type=type_of(error), **getattr(error, "extensions", {}))


def type_of(error: exceptions.APIException) -> str | None:
    """Return the type that an error names by `problem`, or a permission by a code of its own."""
    if name := getattr(error, "problem", None):
        return problem_type(name)
    match error:
        case exceptions.PermissionDenied(detail=exceptions.ErrorDetail(code=str(code))) if code != error.default_code:
            return problem_type(code)
    return None


def _field_errors(detail: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten Django REST framework's nested lists and dicts; dots join the names of nested fields."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(inner, f"{field}.{own}".strip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield from _field_errors(inner, field)
    else:
        yield {"field": field, "detail": str(detail)}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return headers
