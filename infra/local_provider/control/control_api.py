"""Control requests: JSON under `/_control/`, by which tests play the network, the clock and the banks.

| request | body or answer |
|---|---|
| `POST behaviour` | `latency`, `latency_after`, `key_lifetime`, `lock_wait`, in seconds |
| `POST faults` | `plan` (a name), `count`, `of`; or `rates` by name and `seed`; or `clear` |
| `GET faults` | number of faults that came, by name |
| `POST webhooks` | `url`, `secrets`, `types`, `copies`, `delay`, `shuffled`, `held`, `seed` |
| `GET webhooks` | number of tries by result, and of those that wait |
| `POST sites` | `known`, `reached`: customers are led to the second origin where a merchant names the first |
| `POST forget-keys` | forgets every idempotency key |
| `POST clock` | `advance`, in seconds; what becomes due happens |
| `POST settle` | lets everything happen that waits for time, except for sessions |
| `POST methods/ID` | `code`, `decline_code` of a saved method's later charges; `kind` if it is no decline |
| `POST confirm-limit/ID` | `limit`: confirmations after which the intent is cancelled |
| `POST disputes` | `payment_intent`, `reason`: opens a dispute |
| `POST disputes/ID` | `status`: `won` or `lost` |
| `GET ledger` | every success by order, movements, declined charges, and sums by currency |
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from infra.local_provider.api.dispatch import Dispatcher
from infra.local_provider.control.ledger_report import report
from infra.local_provider.errors import InvalidControl
from infra.local_provider.ledger.ledger import Ledger
from infra.local_provider.protocol.json_body import Body, shown
from infra.local_provider.resources import disputes
from infra.local_provider.resources.schedule import run_due
from infra.local_provider.webhooks.delivery import Deliveries

TIMES = ("latency", "latency_after", "key_lifetime", "lock_wait")


class ControlApi:
    """Answers control requests. Raises InvalidControl, or Refused."""

    def __init__(self, ledger: Ledger, dispatcher: Dispatcher, deliveries: Deliveries) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._deliveries = deliveries
        self._routes: list[tuple[str, Callable[..., Body]]] = [
            ("POST behaviour", self._set_behaviour),
            ("POST faults", self._set_faults),
            ("GET faults", lambda body: dict(dispatcher.faults.hits)),
            ("POST webhooks", self._set_webhooks),
            ("GET webhooks", lambda body: dict(deliveries.results)),
            ("POST sites", self._set_site),
            ("POST forget-keys", self._forget_keys),
            ("POST clock", self._move_clock),
            ("POST settle", lambda body: self._run_due(whenever=True)),
            (r"POST methods/(\w+)", self._change_method),
            (r"POST confirm-limit/(\w+)", self._limit_confirmations),
            ("POST disputes", self._open_dispute),
            (r"POST disputes/(\w+)", self._close_dispute),
            ("GET ledger", self._report),
        ]

    def handle(self, method: str, name: str, body: Mapping[str, Any]) -> Body:
        """Do what the request says, and return its answer."""
        for pattern, run in self._routes:
            if found := re.fullmatch(pattern, f"{method} {name}"):
                return run(body, *found.groups())
        raise InvalidControl(f"{method} {name} is no control request")

    def _set_behaviour(self, body: Mapping[str, Any]) -> Body:
        for name, seconds in body.items():
            if name not in TIMES:
                raise InvalidControl(f"{name} is no time of the behaviour. Use one of {', '.join(TIMES)}")
            setattr(self._dispatcher.behaviour, name, timedelta(seconds=float(seconds)))
        return {}

    def _set_faults(self, body: Mapping[str, Any]) -> Body:
        faults = self._dispatcher.faults
        if body.get("clear"):
            faults.clear()
        if "rates" in body:
            faults.set_rates(body["rates"], int(body.get("seed", 0)))
        if "plan" in body:
            faults.plan(body["plan"], int(body.get("count", 1)), body.get("of", ""))
        return dict(faults.hits)

    def _set_webhooks(self, body: Mapping[str, Any]) -> Body:
        convert: dict[str, Callable[[Any], Any]] = {
            "types": frozenset,
            "copies": tuple,
            "delay": tuple,
            "secrets": tuple,
        }
        try:
            changes = {name: convert.get(name, lambda value: value)(value) for name, value in body.items()}
            self._deliveries.endpoint = replace(self._deliveries.endpoint, **changes)
        except TypeError as error:
            raise InvalidControl(str(error)) from error
        return {}

    def _set_site(self, body: Mapping[str, Any]) -> Body:
        self._ledger.sites[body["known"]] = body["reached"]
        return {}

    def _forget_keys(self, body: Mapping[str, Any]) -> Body:
        with self._ledger.transaction() as books:
            return {"forgotten": books.forget_answers()}

    def _move_clock(self, body: Mapping[str, Any]) -> Body:
        self._ledger.clock.advance(timedelta(seconds=float(body["advance"])))
        return self._run_due() | {"now": self._ledger.clock.timestamp()}

    def _run_due(self, *, whenever: bool = False) -> Body:
        with self._ledger.transaction() as books:
            return {"changed": run_due(books, whenever=whenever)}

    def _change_method(self, body: Mapping[str, Any], identifier: str) -> Body:
        reaction = [body.get("kind", "decline"), body.get("code", "card_declined"), body.get("decline_code", "")]
        with self._ledger.transaction() as books:
            return shown(books.save(books.get("payment_method", identifier) | {"_reaction": reaction}))

    def _limit_confirmations(self, body: Mapping[str, Any], identifier: str) -> Body:
        with self._ledger.transaction() as books:
            return shown(books.save(books.get("payment_intent", identifier) | {"_limit": int(body["limit"])}))

    def _open_dispute(self, body: Mapping[str, Any]) -> Body:
        with self._ledger.transaction() as books:
            return shown(disputes.open_one(books, body["payment_intent"], body.get("reason", "fraudulent")))

    def _close_dispute(self, body: Mapping[str, Any], identifier: str) -> Body:
        if body.get("status") not in ("won", "lost"):
            raise InvalidControl("a dispute is closed with the status won or lost")
        with self._ledger.transaction() as books:
            return shown(disputes.close(books, identifier, body["status"]))

    def _report(self, body: Mapping[str, Any]) -> Body:
        with self._ledger.transaction() as books:
            return report(books.movements(), books.select("charge", status="failed"))
