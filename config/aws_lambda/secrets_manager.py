"""AWS Secrets Manager client for a single call, so that a cold start need not load boto3."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from foundation.sigv4 import Credentials, Request, signed_headers

TIMEOUT = 4
"""Seconds to connect, and again to read: together less than the 10 s that Lambda allows for a start.

There is a single attempt, because Lambda repeats a failed start.
"""

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL")
"""https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""

ARN_PARTS = 7
"""arn:partition:secretsmanager:region:account:secret:name"""

CREDENTIAL_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""Lambda sets them. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""


class SecretUnavailable(RuntimeError):
    """Secrets Manager did not return the secret. The message names the secret and AWS's error but no value."""


def get_secret_value(arn: str, environment: Mapping[str, str]) -> str:
    """Return the current version of a secret as text. Raises SecretUnavailable.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
    """
    credentials = _credentials(arn, environment)
    region = _region(arn)
    endpoint = next(
        (environment[name] for name in ENDPOINT_VARIABLES if environment.get(name)),
        f"https://secretsmanager.{region}.amazonaws.com",  # answers over IPv4 and IPv6
    )
    body = json.dumps({"SecretId": arn}).encode()
    request = Request(urlsplit(endpoint).netloc, "secretsmanager", region, "secretsmanager.GetSecretValue", body)
    # Avoids foundation.clock, which reads Django's settings.
    headers = signed_headers(request, credentials, datetime.now(UTC))
    return _value(arn, _post(endpoint, request, headers))


def _region(arn: str) -> str:
    parts = arn.split(":")
    if len(parts) < ARN_PARTS:
        raise SecretUnavailable(f"SECRET_ARN is {arn!r}, which is not an ARN")
    return parts[3]


def _credentials(arn: str, environment: Mapping[str, str]) -> Credentials:
    missing = [name for name in CREDENTIAL_VARIABLES if not environment.get(name)]
    if missing:
        raise SecretUnavailable(f"{arn} cannot be read: {' and '.join(missing)} not set")
    key_id, secret = (environment[name] for name in CREDENTIAL_VARIABLES)
    return Credentials(key_id, secret, environment.get("AWS_SESSION_TOKEN", ""))


def _post(endpoint: str, request: Request, headers: Mapping[str, str]) -> tuple[int, bytes]:
    make = HTTPSConnection if endpoint.startswith("https:") else HTTPConnection
    connection = make(request.host, timeout=TIMEOUT)
    try:
        connection.request("POST", "/", request.body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, HTTPException) as error:
        raise SecretUnavailable(f"{endpoint} does not answer: {type(error).__name__}") from error
    finally:
        connection.close()


def _value(arn: str, answer: tuple[int, bytes]) -> str:
    status, content = answer
    try:
        document = json.loads(content)
        if status == HTTPStatus.OK:
            return str(document["SecretString"])
        kind = str(document.get("__type", "")).rpartition("#")[2]
    except (ValueError, KeyError, AttributeError) as error:
        raise SecretUnavailable(f"{arn} cannot be read: status {status} and no secret text") from error
    raise SecretUnavailable(f"{arn} cannot be read: {kind or 'error'} (status {status})")
