"""Shared texts of the OpenAPI description."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from foundation.api.problems import MEDIA_TYPE, ProblemSerializer
from foundation.api.problems import problem as problem_body

T = TypeVar("T")
Responses = dict[Any, OpenApiResponse]

PROBLEMS = {
    400: "The request is malformed; `errors` names the fields.",
    401: "Not signed in, or the token is not valid.",
    403: "Not allowed, or the CSRF token is missing.",
    404: "Not found, or not yours; or no such page.",
    412: "It is not in the state that `If-Match` names; nothing has changed.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
}

CHALLENGE = OpenApiParameter(
    "WWW-Authenticate", str, OpenApiParameter.HEADER, description="`Token`", response=[401], required=True
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, description="seconds", response=[429], required=True
)
ETAG = OpenApiParameter(
    "ETag", str, OpenApiParameter.HEADER, description="names this state", response=[200], required=True
)
IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="an ETag, or `*`: change it only in that state"
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="an ETag: answer 304 in that state"
)
NOT_MODIFIED: Responses = {
    304: OpenApiResponse(description="Not modified since the response named by `If-None-Match`.")
}


def problems(*statuses: int) -> Responses:
    """Return the OpenAPI responses for these error statuses."""
    return {key: answer for status in statuses for key, answer in problem(status, PROBLEMS[status]).items()}


def problem(
    status: int,
    description: str,
    serializer: type[ProblemSerializer] = ProblemSerializer,
    example: dict[str, Any] | None = None,
) -> Responses:
    """Return one error response with its own description, which its example repeats unless one is given."""
    shown = OpenApiExample(
        "Example",
        value=example or problem_body(status, description),
        media_type=MEDIA_TYPE,
        status_codes=[str(status)],
    )
    return {(status, MEDIA_TYPE): OpenApiResponse(serializer, description, [shown])}


def documented(**words: Any) -> Callable[[T], T]:
    """Attach arguments for drf-spectacular's `extend_schema` to a view method, used when the schema is generated.

    Calling `extend_schema` itself would load the generator, which takes 27 ms of each cold start.
    """

    def keep(method: T) -> T:
        method.documentation = words  # type: ignore[attr-defined]
        return method

    return keep
