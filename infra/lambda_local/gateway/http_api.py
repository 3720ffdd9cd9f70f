"""An HTTP API of API Gateway with one Lambda function behind every path (payload format 2.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import contextlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from infra.lambda_local.account import ACCOUNT
from infra.lambda_local.errors import MalformedAnswer
from infra.lambda_local.gateway.http_messages import HttpAnswer, HttpRequest, by_name
from infra.lambda_local.gateway.rest_api import body_of

TEXT = ("text/", "application/json", "application/javascript", "application/xml")
"""Types of a body that stays text; any other one is base64."""

NOT_FORWARDED = frozenset({"connection", "content-length", "date", "server"})
"""Headers of an answer that API Gateway writes itself."""


@dataclass(frozen=True)
class HttpAPI:
    """Turns requests into events, and the function's results into responses. `host` is the API's own."""

    host: str
    stage: str

    limit: ClassVar[timedelta] = timedelta(seconds=30)
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
    unknown: ClassVar[HttpAnswer] = HttpAnswer.message(404, "Not Found")
    failed: ClassVar[HttpAnswer] = HttpAnswer.message(500, "Internal Server Error")
    too_late: ClassVar[HttpAnswer] = HttpAnswer.message(503, "Service Unavailable")

    def event(self, request: HttpRequest) -> dict[str, Any]:
        """Return the event for a request below the stage."""
        headers = by_name([(name.lower(), value) for name, value in request.headers])
        cookies = [cookie for line in headers.pop("cookie", []) for cookie in line.split("; ")]
        body, encoded = _body(request)
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": request.path,
            "rawQueryString": request.query,
            "headers": _joined(headers),
            "requestContext": self._context(request),
            "isBase64Encoded": encoded,
        }
        optional = {
            "cookies": cookies,
            "queryStringParameters": _joined(request.parameters),
            "body": body,
        }
        return event | {name: value for name, value in optional.items() if value}

    def answer(self, payload: Any) -> HttpAnswer:
        """Return the response for the function's result, which is the body if it has no `statusCode`.

        Raises MalformedAnswer.
        """
        if not isinstance(payload, dict) or "statusCode" not in payload:
            return HttpAnswer.of_json(payload)
        try:
            headers = [
                (name, str(value))
                for name, value in (payload.get("headers") or {}).items()
                if name.lower() not in NOT_FORWARDED
            ]
            headers += [("Set-Cookie", str(cookie)) for cookie in payload.get("cookies") or []]
            return HttpAnswer(int(payload["statusCode"]), headers, body_of(payload))
        except (AttributeError, TypeError, ValueError) as error:
            raise MalformedAnswer("the function's answer has not the payload format 2.0") from error

    def _context(self, request: HttpRequest) -> dict[str, Any]:
        now = datetime.now(UTC)
        api_id = self.host.partition(".")[0]
        return {
            "accountId": ACCOUNT,
            "apiId": api_id,
            "domainName": self.host,
            "domainPrefix": api_id,
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.client,
                "userAgent": request.header("User-Agent"),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "$default",
            "stage": self.stage,
            "time": f"{now:%d/%b/%Y:%H:%M:%S +0000}",
            "timeEpoch": int(now.timestamp() * 1000),
        }


def _body(request: HttpRequest) -> tuple[str, bool]:
    """Return the body, and True if it is base64."""
    with contextlib.suppress(UnicodeDecodeError):
        if not request.body or request.header("Content-Type").startswith(TEXT):
            return request.body.decode(), False
    return base64.b64encode(request.body).decode(), True


def _joined(values: dict[str, list[str]]) -> dict[str, str]:
    return {name: ",".join(several) for name, several in values.items()}
