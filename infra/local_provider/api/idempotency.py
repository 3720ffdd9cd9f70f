"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests

A request's result is kept under its key for some time, whether it succeeded or failed, once its operation has begun.
Refused parameters and conflicts keep nothing.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from infra.local_provider.errors import Refused
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.form_decoding import Form

LIFETIME = timedelta(hours=24)
"""Stripe removes keys "once they're at least 24 hours old"."""
LONGEST = 255


@dataclass(frozen=True)
class Answer:
    """Status and JSON text of an answer; `replayed` if it was given before."""

    status: int
    text: str
    replayed: bool = False


@dataclass(frozen=True)
class IdempotentRequest:
    """A request by its key, endpoint and parameters. Without a key, everything here does nothing."""

    key: str
    endpoint: str
    form: Form

    def check(self) -> None:
        """Raise Refused for a key that is too long."""
        if len(self.key) > LONGEST:
            raise Refused(f"Idempotency keys have at most {LONGEST} characters.")

    def replayed(self, books: Transaction, lifetime: timedelta) -> Answer | None:
        """Return the answer of an earlier request with this key. Raises Refused if that request was another."""
        kept = books.stored_answer(self.key) if self.key else None
        if kept is None:
            return None
        endpoint, parameters, status, text, created = kept
        if books.now - created >= lifetime.total_seconds():
            return None
        if endpoint != self.endpoint:
            raise self._refusal(f"for the same endpoint they were first used for ('{endpoint}' vs '{self.endpoint}')")
        if parameters != self._parameters:
            raise self._refusal("with the same parameters they were first used with")
        return Answer(status, text, replayed=True)

    def keep(self, books: Transaction, answer: Answer) -> None:
        """Keep the answer under the key."""
        if self.key and _began(answer.status):
            books.store_answer(self.key, self.endpoint, self._parameters, answer.status, answer.text)

    @property
    def _parameters(self) -> str:
        return json.dumps(self.form, sort_keys=True)

    def _refusal(self, how: str) -> Refused:
        return Refused(
            f"Keys for idempotent requests can only be used {how}. Try using a key other than '{self.key}' if you "
            "meant to execute a different request.",
            kind="idempotency_error",
        )


def _began(status: int) -> bool:
    """Return True if an operation had begun when it ended with this status."""
    return status in (HTTPStatus.OK, HTTPStatus.PAYMENT_REQUIRED) or status >= HTTPStatus.INTERNAL_SERVER_ERROR
