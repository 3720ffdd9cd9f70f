"""A REST API of API Gateway with one Lambda function behind every path, as Zappa makes it (payload format 1.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.errors import MalformedAnswer
from infra.lambda_local.gateway.http_messages import Headers, HttpAnswer, HttpRequest, by_name

REMAPPED = frozenset({"connection", "content-length", "date", "server", "www-authenticate"})
"""Headers of an answer that get a prefix.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
"""


@dataclass(frozen=True)
class RestAPI:
    """Turns requests into events, and the function's results into responses. `host` is the API's own."""

    host: str
    stage: str

    limit: ClassVar[timedelta] = timedelta(seconds=29)
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
    unknown: ClassVar[HttpAnswer] = HttpAnswer.message(403, "Forbidden")
    failed: ClassVar[HttpAnswer] = HttpAnswer.message(502, "Internal server error")
    too_late: ClassVar[HttpAnswer] = HttpAnswer.message(504, "Endpoint request timed out")

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """Return the event for a request below the stage."""
        path = request.path.removeprefix(f"/{self.stage}") or "/"
        headers, parameters = by_name(request.headers), request.parameters
        return {
            "resource": "/{proxy+}" if path.strip("/") else "/",
            "path": path,
            "httpMethod": request.method,
            "headers": _last(headers),
            "multiValueHeaders": headers,
            "queryStringParameters": _last(parameters) or None,
            "multiValueQueryStringParameters": parameters or None,
            "pathParameters": {"proxy": path.strip("/")} if path.strip("/") else None,
            "stageVariables": None,
            "requestContext": self._context(request),
            # Zappa's binary_support declares every type as binary.
            "body": base64.b64encode(request.body).decode() if request.body else None,
            "isBase64Encoded": bool(request.body),
        }

    def answer(self, payload: Any) -> HttpAnswer:
        """Return the response for the function's result. Raises MalformedAnswer."""
        try:
            headers = _merged(payload.get("headers") or {}, payload.get("multiValueHeaders") or {})
            return HttpAnswer(int(payload["statusCode"]), _remapped(headers), body_of(payload))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise MalformedAnswer("Malformed Lambda proxy response") from error

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        now = datetime.now(UTC)
        return {
            "accountId": ACCOUNT,
            "apiId": self.host.partition(".")[0],
            "domainName": self.host,
            "httpMethod": request.method,
            "identity": {"sourceIp": request.client, "userAgent": request.header("User-Agent")},
            "path": request.path,
            "protocol": "HTTP/1.1",
            "requestId": str(uuid.uuid4()),
            "requestTime": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "requestTimeEpoch": int(now.timestamp() * 1000),
            "resourcePath": "/{proxy+}",
            "stage": self.stage,
        }


def body_of(payload: dict[str, Any]) -> bytes:
    """Return the bytes of a result's `body`, for either kind of API. Raises ValueError and TypeError."""
    body = payload.get("body") or ""
    return base64.b64decode(body, validate=True) if payload.get("isBase64Encoded") else body.encode()


def _last(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: several[-1] for name, several in values.items()}


def _merged(single: dict[str, Any], several: dict[str, list[Any]]) -> Headers:
    """Return all headers; a pair that is in both is sent once."""
    headers = [(name, str(value)) for name, values in several.items() for value in values]
    return headers + [pair for name, value in single.items() if (pair := (name, str(value))) not in headers]


def _remapped(headers: Headers) -> Headers:
    return [(f"x-amzn-Remapped-{name}" if name.lower() in REMAPPED else name, value) for name, value in headers]
