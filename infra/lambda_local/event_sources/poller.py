"""Lambda's poller of SQS event sources."""

import logging
import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Self

import boto3

from infra.lambda_local.event_sources.mappings import EventSource, Invoke, event_sources

logger = logging.getLogger(__name__)

Sources = Callable[[], Iterable[EventSource]]


class EventSourcePoller:
    """Context manager: polls all event sources every `seconds`, one batch each. Open it after the local AWS.

    Without `sources` they are the local AWS's mappings; one that is made or changed meanwhile counts from the next
    round on.
    """

    def __init__(self, invoke: Invoke, *, sources: Sources | None = None, seconds: float = 1.0) -> None:
        self._invoke = invoke
        self._sources = sources
        self._seconds = seconds
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="Event sources", daemon=True)

    def __enter__(self) -> Self:
        session = boto3.session.Session()
        self._find = self._sources or partial(event_sources, session.client("lambda"))
        self._sqs = session.client("sqs")
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
                for source in self._find():
                    source.poll(self._sqs, self._invoke)
            except Exception:  # as AWS's own, it outlives a queue that is gone
                logger.exception("polling failed")
