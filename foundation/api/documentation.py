"""Words that the OpenAPI description of several endpoints shares."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from foundation.api.problems import MEDIA_TYPE, ProblemSerializer

T = TypeVar("T")
Responses = dict[Any, OpenApiResponse]

PROBLEMS = {
    400: "The request is malformed; `errors` names the fields.",
    401: "Not signed in, or the token is not valid.",
    403: "Not allowed, or the CSRF token is missing.",
    404: "There is no such thing, or it is somebody else's; or no such page.",
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
NOT_MODIFIED: Responses = {304: OpenApiResponse(description="Not changed since the answer with this `If-None-Match`.")}


def problems(*statuses: int) -> Responses:
    """The errors among an endpoint's responses."""
    return {key: answer for status in statuses for key, answer in problem(status, PROBLEMS[status]).items()}


def problem(status: int, description: str, serializer: type[ProblemSerializer] = ProblemSerializer) -> Responses:
    """One error among them, in words of its own."""
    return {(status, MEDIA_TYPE): OpenApiResponse(serializer, description)}


def documented(**words: Any) -> Callable[[T], T]:
    """Keep the arguments of drf-spectacular's `extend_schema` with a view's method, until a description is made.

    `extend_schema` itself loads the generator, which took 27 ms of each cold start.
    """

    def keep(method: T) -> T:
        method.documentation = words  # type: ignore[attr-defined]
        return method

    return keep
