"""The provider as a whole: ledger, API, pages, webhooks and control requests at one address."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from infra.local_provider.api.dispatch import Dispatcher
from infra.local_provider.control.control_api import ControlApi
from infra.local_provider.ledger.ledger import Ledger
from infra.local_provider.provider_clock import ProviderClock, system_time
from infra.local_provider.resources.schedule import run_due
from infra.local_provider.server import ProviderServer
from infra.local_provider.webhooks.delivery import Deliveries, Endpoint

SECRET_KEY = "sk_test_local"  # noqa: S105 - of a provider on loopback only
WEBHOOK_SECRET = "whsec_local"  # noqa: S105 - the same
LOOKS_EVERY_SECONDS = 0.5


class LocalProvider:
    """Context manager: a provider on a loopback port. Its ledger is in memory, or in a file that is kept.

    `url` is known before it serves. Events go to `webhook_url`, if it is not empty.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        file: Path | None = None,
        now: Callable[[], datetime] = system_time,
        webhook_url: str = "",
        webhook_secrets: Sequence[str] = (WEBHOOK_SECRET,),
        secret_key: str = SECRET_KEY,
    ) -> None:
        self.clock = ProviderClock(now)
        self.ledger = Ledger(self.clock, file)
        self._deliveries = Deliveries(self.clock)
        self._deliveries.endpoint = Endpoint(webhook_url, webhook_secrets)
        self.ledger.tell = self._deliveries.accept
        self.dispatcher = Dispatcher(self.ledger, secret_key)
        control = ControlApi(self.ledger, self.dispatcher, self._deliveries)
        self._server = ProviderServer(self.ledger, self.dispatcher, control, port)
        self._ended = threading.Event()
        self._timer = threading.Thread(target=self._watch_time, name="provider time", daemon=True)

    @property
    def url(self) -> str:
        """Address of API and pages, without a slash at the end."""
        return self._server.url

    def __enter__(self) -> Self:
        self._server.start()
        self._deliveries.start()
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._timer.join()
        self._server.stop()
        self._deliveries.stop()
        self.ledger.close()

    def _watch_time(self) -> None:
        """Make the changes that time brings, even if nobody calls."""
        while not self._ended.wait(LOOKS_EVERY_SECONDS):
            with self.ledger.transaction() as books:
                run_due(books)
