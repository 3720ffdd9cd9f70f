"""Lambda's pollers: they ask every mapped queue for messages, again and again."""

import logging
import threading
from types import TracebackType
from typing import Self

import boto3

from infra.sandbox.event_sources import Invoke, event_sources

logger = logging.getLogger(__name__)


class EventSourcePoller:
    """Context manager: polls the mappings of the local AWS, every `seconds`, one batch after the other.

    A mapping that is made or changed meanwhile counts from the next round on. Open it after the local AWS.
    """

    def __init__(self, invoke: Invoke, *, seconds: float = 1.0) -> None:
        self._invoke = invoke
        self._seconds = seconds
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="Event sources", daemon=True)

    def __enter__(self) -> Self:
        session = boto3.session.Session()
        self._lambda, self._sqs = session.client("lambda"), session.client("sqs")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(self._seconds):
            try:
                for source in event_sources(self._lambda):
                    source.poll(self._sqs, self._invoke)
            except Exception:  # as AWS's own, it outlives a queue that is gone
                logger.exception("polling failed")
