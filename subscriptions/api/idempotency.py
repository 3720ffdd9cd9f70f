"""`Idempotency-Key`: the same key and request give the same answer again, and do their work once.

One transaction holds the key's row, the work and the answer. A request with the key of one that is at work waits on the
unique index, then gets the first one's answer; one that dies half-way leaves neither work nor key behind.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction
from rest_framework import serializers
from rest_framework.request import Request

from foundation.api.problems import registered_problem
from subscriptions.api.problems import KeyUsedForSomethingElse
from subscriptions.models import IdempotentRequest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_PATTERN = r"^[\x21-\x7e]{1,255}$"
LIFETIME = timedelta(hours=24)
"""Time for which a recorded answer is repeated, as in https://docs.stripe.com/api/idempotent_requests"""


@dataclass(frozen=True)
class Answer:
    """A status and a JSON body."""

    status: int
    body: dict[str, Any]
    is_replayed: bool = False
    """True if it was recorded by an earlier request with the same key."""


def read_key(request: Request) -> str | None:
    """Return the request's key, or None. Raises ValidationError."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        raise serializers.ValidationError({HEADER: ["1 to 255 visible ASCII characters, without spaces."]})
    return key


def answer_once(request: Request, user: AbstractUser, now: datetime, work: Callable[[], Answer]) -> Answer:
    """Return the recorded answer of the request's key, or that of `work`, which is then recorded.

    A conflict (409) is an answer like any other. Raises KeyUsedForSomethingElse, and whatever else `work` raises, which
    is not recorded.
    """
    key = read_key(request)
    if key is None:
        return work()
    fingerprint = _fingerprint(request)
    with transaction.atomic():
        recorded = _claim(user, key, fingerprint, now)
        if recorded.status is None:
            return _record(recorded, _with_conflicts(work))
    if recorded.fingerprint != fingerprint:
        raise KeyUsedForSomethingElse
    return Answer(recorded.status, json.loads(recorded.body), is_replayed=True)


def _claim(user: AbstractUser, key: str, fingerprint: str, now: datetime) -> IdempotentRequest:
    """Return the key's row, locked. One without a status is ours: nobody else's is visible before it has one.

    A row that is there is written as it is, which locks it: otherwise it could reach its age and be deleted by now.
    """
    rows = IdempotentRequest.objects.filter(user=user.pk, key=key)
    rows.filter(created_at__lte=now - LIFETIME).delete()
    mine = IdempotentRequest(user_id=user.pk, key=key, fingerprint=fingerprint, created_at=now)
    IdempotentRequest.objects.bulk_create(
        [mine], update_conflicts=True, unique_fields=["user", "key"], update_fields=["key"]
    )
    return rows.select_for_update(no_key=True).get()


def _record(row: IdempotentRequest, answer: Answer) -> Answer:
    row.status = answer.status
    row.body = json.dumps(answer.body)
    row.save(update_fields=["status", "body"])
    return answer


def _with_conflicts(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    except Exception as error:
        problem = registered_problem(error)
        if problem is None or problem["status"] != HTTPStatus.CONFLICT:
            raise
        return Answer(HTTPStatus.CONFLICT, problem)


def _fingerprint(request: Request) -> str:
    """Of method, path without the stage, and body, however its fields are ordered and spaced."""
    parts = [request.method, request.path_info, request.data]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
