"""Entity tags of single resources, and requests on condition of the state that they saw (RFC 9110, section 13)."""

import hashlib
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.http import parse_etags
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

ETAG = "ETag"
ANY = "*"


class PreconditionFailed(APIException):
    """The resource is not in the state that `If-Match` names."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "It has changed since you read it. Read it again, and send the ETag of that response."


def entity_tag(representation: Mapping[str, Any]) -> str:
    """Return the tag of a resource in this state: a hash of its members, so that no column need count changes."""
    text = json.dumps(representation, cls=DjangoJSONEncoder, sort_keys=True)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def tagged(representation: Mapping[str, Any], tag: str | None = None) -> Response:
    """Return the response 200 with its tag, which is that of the representation unless another is given."""
    return Response(representation, headers={ETAG: tag or entity_tag(representation)})


def tagged_unless_known(request: Request, representation: Mapping[str, Any]) -> Response:
    """Return the response 304 if `If-None-Match` names this state, or else 200 with the representation."""
    tag = entity_tag(representation)
    if _names(request.headers.get("If-None-Match"), tag):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers={ETAG: tag})
    return tagged(representation, tag)


def is_conditional(request: Request) -> bool:
    """Return True if the request states what it saw. Without that, the state need not be read."""
    return "If-Match" in request.headers


def require_match(request: Request, tag: str) -> None:
    """Raise PreconditionFailed if `If-Match` names other states than this one. Call it under the row's lock."""
    if is_conditional(request) and not _names(request.headers["If-Match"], tag):
        raise PreconditionFailed


def _names(header: str | None, tag: str) -> bool:
    """Return True for `*`, or a list with the tag. Compression marks a tag as weak; it names a state, not its bytes."""
    listed = parse_etags(header) if header else []
    return ANY in listed or tag in [one.removeprefix("W/") for one in listed]
