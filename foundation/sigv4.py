"""AWS Signature Version 4 for a POST to a JSON service.

Used instead of botocore to shorten the cold start (measured in docs/secrets.md). A test compares both signatures.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """Credentials of the function's role. `token` is empty for an IAM user."""

    key_id: str
    secret: str
    token: str


@dataclass(frozen=True)
class Request:
    """POST to `/` of a JSON service; `target` is the full name of the operation."""

    host: str
    service: str
    region: str
    target: str
    body: bytes
    json_version: str = "1.1"


def signed_headers(request: Request, credentials: Credentials, now: datetime) -> dict[str, str]:
    """Return all headers of the request, including the signature.

    `now` is in UTC; AWS tolerates a skew of five minutes.
    """
    time = now.strftime("%Y%m%dT%H%M%SZ")
    headers = _headers(request, credentials, time)
    scope = f"{time[:8]}/{request.region}/{request.service}/aws4_request"
    names = ";".join(headers)
    canonical = _sha256(_canonical(request, headers, names).encode())
    signature = _sign(_key(request, credentials, time[:8]), f"{ALGORITHM}\n{time}\n{scope}\n{canonical}").hex()
    authorization = f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": authorization}


def _headers(request: Request, credentials: Credentials, time: str) -> dict[str, str]:
    """Return the headers to sign, sorted by name."""
    headers = {
        "content-type": f"application/x-amz-json-{request.json_version}",
        "host": request.host,
        "x-amz-date": time,
    }
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    return headers | {"x-amz-target": request.target}


def _canonical(request: Request, headers: dict[str, str], names: str) -> str:
    lines = [f"{name}:{value}" for name, value in headers.items()]
    return "\n".join(["POST", "/", "", *lines, "", names, _sha256(request.body)])


def _key(request: Request, credentials: Credentials, date: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (date, request.region, request.service, "aws4_request"):
        key = _sign(key, part)
    return key


def _sign(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
