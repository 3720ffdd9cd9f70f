"""Storage of the ledger: SQLite, in memory or in a file, one transaction at a time."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from infra.local_provider.errors import Refused
from infra.local_provider.ledger.transaction import Caller, Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.provider_clock import ProviderClock

SCHEMA = Path(__file__).with_name("schema.sql")


class Ledger:
    """Objects, events and money. `origin` is the address of the provider's pages; `tell` gets committed events.

    `sites` names the origins at which customers reach merchants, where these name others.
    """

    def __init__(self, clock: ProviderClock, file: Path | None = None) -> None:
        self.clock = clock
        self.origin = ""
        self.sites: dict[str, str] = {}
        self.tell: Callable[[list[Body], Caller], None] = lambda events, caller: None
        self._lock = threading.RLock()
        self._database = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(SCHEMA.read_text())

    @contextlib.contextmanager
    def transaction(self, caller: Caller | None = None) -> Iterator[Transaction]:
        """Open a transaction. An error undoes it, unless it is an answer whose effect stays."""
        caller = caller or Caller()
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            transaction = Transaction(self._database, self.clock.timestamp(), self.origin, caller)
            try:
                yield transaction
            except Refused as refusal:
                self._end(keep=refusal.keeps_effect)
                if refusal.keeps_effect:
                    self.tell(transaction.events, caller)
                raise
            except BaseException:
                self._end(keep=False)
                raise
            self._end(keep=True)
            self.tell(transaction.events, caller)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._database.close()

    def _end(self, *, keep: bool) -> None:
        self._database.execute("COMMIT" if keep else "ROLLBACK")
