"""Names in use: idempotency keys, and objects that a request changes."""

import contextlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from infra.local_provider.errors import Refused


class NamesInUse:
    """Names that requests hold for as long as they run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: set[str] = set()

    @contextlib.contextmanager
    def hold(self, name: str, wait: timedelta, refusal: Refused) -> Iterator[None]:
        """Hold the name inside the block. Raises the refusal if another request still holds it after the wait."""
        if not name:
            yield
            return
        with self._changed:
            if not self._changed.wait_for(lambda: name not in self._held, wait.total_seconds()):
                raise refusal
            self._held.add(name)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(name)
                self._changed.notify_all()


def key_in_use(key: str) -> Refused:
    """Return the answer to a request whose key belongs to one that still runs."""
    message = (
        f"There is currently another in-progress request using this Idempotent Key ({key}). This may be because you "
        "are sending the same request concurrently. Please try again later."
    )
    return Refused(message, status=HTTPStatus.CONFLICT, code="idempotency_key_in_use")


def lock_timeout() -> Refused:
    """Return the answer to a request for an object that another one changes."""
    message = (
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing "
        "it. If you see this error intermittently, retry the request."
    )
    return Refused(message, status=HTTPStatus.TOO_MANY_REQUESTS, code="lock_timeout")
