"""Signatures of Standard Webhooks, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from payments.errors import Forged

TOLERANCE = timedelta(minutes=5)
TIMESTAMP = re.compile(r"[0-9]{1,12}")  # thousands of digits are no number to Python


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature by a secret: `whsec_` and a key in base64."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime) -> str:
    """Return the message's id. Raises Forged unless one of the secrets signed exactly these bytes around `now`."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not message_id or not TIMESTAMP.fullmatch(timestamp):
        raise Forged("the message has no id, or no timestamp")
    if not (now - TOLERANCE).timestamp() <= int(timestamp) <= (now + TOLERANCE).timestamp():
        raise Forged("the timestamp is too far from now")
    given = headers.get("webhook-signature", "").encode().split(b" ")
    valid = [signature(secret, message_id, timestamp, body).encode() for secret in secrets]
    if not any(hmac.compare_digest(expected, found) for expected in valid for found in given):
        raise Forged("no signature matches")
    return message_id
