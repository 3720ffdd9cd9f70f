"""AWS's signature for one POST, version 4, in the shape that JSON services take.

It spares each cold start botocore (docs/secrets.md has the measurement). A test compares it with botocore's own. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """Lambda's for the function's role. `token` is empty for a user's."""

    key_id: str
    secret: str
    token: str


@dataclass(frozen=True)
class Request:
    """A POST to `/` of a JSON service; `target` is the operation's full name."""

    host: str
    service: str
    region: str
    target: str
    body: bytes


def signed_headers(request: Request, credentials: Credentials, now: datetime) -> dict[str, str]:
    """All headers of the request, the signature among them. `now` is in UTC; AWS allows five minutes of difference."""
    time = now.strftime("%Y%m%dT%H%M%SZ")
    headers = _headers(request, credentials, time)
    scope = f"{time[:8]}/{request.region}/{request.service}/aws4_request"
    names = ";".join(headers)
    canonical = _sha256(_canonical(request, headers, names).encode())
    signature = _sign(_key(request, credentials, time[:8]), f"{ALGORITHM}\n{time}\n{scope}\n{canonical}").hex()
    authorization = f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return headers | {"authorization": authorization}


def _headers(request: Request, credentials: Credentials, time: str) -> dict[str, str]:
    """Those that are signed, in the order of their names."""
    headers = {"content-type": "application/x-amz-json-1.1", "host": request.host, "x-amz-date": time}
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
