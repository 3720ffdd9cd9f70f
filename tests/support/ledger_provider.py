"""Payment provider with a ledger of its own in a file, never kinder than Stripe. For tests of what we make of answers.

A reference succeeds at most once. Idempotency keys repeat the first answer, until they are forgotten. A call can fail
before or after its effect. What the ledger says is the truth that a judge reads, in whatever process.
"""

import json
import os
import random
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from payments.errors import Forged, KeyRefused, ProviderUnavailable
from payments.models import Order, Payment, PaymentMethod
from payments.providers.interface import Fact, FactKind, Message, MethodDetails, Outcome, OutcomeKind, Page

Kind = OutcomeKind

SCHEMA = """
CREATE TABLE IF NOT EXISTS object (
    reference TEXT PRIMARY KEY, way TEXT NOT NULL, order_id INTEGER NOT NULL, amount TEXT NOT NULL,
    currency TEXT NOT NULL, status TEXT NOT NULL, code TEXT NOT NULL DEFAULT '', shown INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS object_status ON object (status);
CREATE TABLE IF NOT EXISTS success (reference TEXT NOT NULL, order_id INTEGER, amount TEXT, currency TEXT, at TEXT);
CREATE TABLE IF NOT EXISTS decline (reference TEXT NOT NULL, code TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, outcome TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS call (name TEXT NOT NULL, reference TEXT NOT NULL, fault TEXT NOT NULL DEFAULT '');
"""
FINAL = ("succeeded", "closed", "pending")

BEFORE, AFTER = "lost before the effect", "lost after the effect"
SERVER_ERROR = "5xx after the effect"
THROTTLED = "throttled"
KEY_REFUSED = "key refused"
Faults = Callable[[str], str]
"""Returns the fault of a call by its name, or an empty text."""


def no_faults(_call: str) -> str:
    """Let each call succeed."""
    return ""


class LedgerProvider:
    """Provider that charges methods as their tokens say.

    They begin with `ok`, `declined`, `second` (the second try succeeds), `lost`, `authentication` or `sepa`.
    """

    name = "tests.support.ledger_provider.LedgerProvider"
    charges_itself = False
    origin = "https://pay.example.com"

    def __init__(self, path: Path | None = None, faults: Faults = no_faults) -> None:
        self.path = path or Path(os.environ["LEDGER_PROVIDER_FILE"])
        self.faults = faults
        self.after_effect: Callable[[str], object] = no_faults
        with self._ledger() as ledger:
            ledger.executescript(SCHEMA)

    def begin(self, order: Order, return_url: str, cancel_url: str) -> Page:
        """Open a page, or return the open one that is stored."""
        if order.reference.startswith("page_"):
            return Page(order.reference, f"{self.origin}/{order.reference}")
        reference = self._open("page", order)
        return Page(reference, f"{self.origin}/{reference}")

    def save_method(self, user_id: str, customer: str, return_url: str, cancel_url: str) -> Page:
        raise ProviderUnavailable("this provider has no page for methods")

    def prepare(self, order: Order, method: PaymentMethod, number: int) -> str:
        """Open a charge; the same key returns the same again."""
        return self._open("charge", order, key=f"prepare-{order.pk}-{number}-{method.token}")

    def charge(self, reference: str, method: PaymentMethod, number: int) -> Outcome:
        """Take the money, if the token says so."""
        key = f"charge-{reference}-{number}-{method.token}"
        return self._called("charge", reference, lambda ledger: self._take(ledger, reference, method.token, key))

    def ask(self, reference: str) -> Outcome:
        return self._called("ask", reference, lambda ledger: _outcome(ledger, reference))

    def close(self, reference: str) -> Outcome:
        def close(ledger: sqlite3.Connection) -> Outcome:
            ledger.execute(
                "UPDATE object SET status = 'closed' WHERE reference = ? AND status NOT IN (?, ?, ?)",
                (reference, *FINAL),
            )
            return _outcome(ledger, reference)

        return self._called("close", reference, close)

    def refund(self, payment: Payment, amount: Decimal, key: str) -> Outcome:
        return Outcome(Kind.DECLINED, code="not_refundable")

    def message(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Message:
        raise Forged("this provider sends no messages")

    def facts(self, message: Message) -> tuple[Fact, ...]:
        return ()

    def since(self, instant: datetime) -> Iterable[Fact]:
        """Yield each success."""
        return self.facts_after(0)

    def facts_after(self, number: int) -> Iterator[Fact]:
        """Yield each success after so many others."""
        with self._ledger() as ledger:
            rows = ledger.execute("SELECT * FROM success WHERE rowid > ? ORDER BY rowid", (number,)).fetchall()
        for reference, order_id, amount, currency, at in rows:
            yield Fact(
                FactKind.SUCCEEDED,
                datetime.fromisoformat(at),
                reference=reference,
                order_id=order_id,
                transaction_id=f"tx_{reference}",
                amount=Decimal(amount),
                currency=currency,
            )

    def forget(self, customer: str) -> None:
        """Have nothing to forget."""

    # What a subscriber and the provider itself do.

    def pay_page(self, reference: str) -> bool:
        """Pay on the page as a subscriber does; return False if it is closed."""
        with self._ledger() as ledger:
            return _succeed(ledger, reference)

    def show_page(self, reference: str) -> None:
        """Note that a subscriber has seen the page, who may pay there as long as it is open."""
        with self._ledger() as ledger:
            ledger.execute("UPDATE object SET shown = 1 WHERE reference = ?", (reference,))

    def payable_pages(self) -> list[str]:
        """Return the references of the open pages that a subscriber has seen."""
        with self._ledger() as ledger:
            open_ = ledger.execute("SELECT reference FROM object WHERE shown AND status = 'open'")
            return [reference for (reference,) in open_]

    def settle_pending(self, reference: str, *, arrives: bool) -> None:
        """Let money that is on its way arrive, or fail."""
        with self._ledger() as ledger:
            changed = ledger.execute(
                "UPDATE object SET status = 'open', code = 'debit_failed' WHERE reference = ? AND status = 'pending'",
                (reference,),
            ).rowcount
            if changed and arrives:
                _succeed(ledger, reference)
            elif changed:
                _decline(ledger, reference, "debit_failed")

    def cancel(self, reference: str) -> bool:
        """Cancel as the provider does by itself; return False if it was not open."""
        with self._ledger() as ledger:
            changed = ledger.execute(
                "UPDATE object SET status = 'closed' WHERE reference = ? AND status = 'open'", (reference,)
            )
            return bool(changed.rowcount)

    def forget_keys(self) -> int:
        """Forget all idempotency keys; return their number."""
        with self._ledger() as ledger:
            return ledger.execute("DELETE FROM answer").rowcount

    def successes(self) -> list[tuple[int, str]]:
        """Return order and reference of each success."""
        with self._ledger() as ledger:
            return list(ledger.execute("SELECT order_id, reference FROM success ORDER BY rowid").fetchall())

    def declines(self) -> set[str]:
        """Return the references for which money was refused at some time."""
        with self._ledger() as ledger:
            return {reference for (reference,) in ledger.execute("SELECT reference FROM decline")}

    def refused(self) -> list[str]:
        """Return the reference of each refusal, as often as money was refused."""
        with self._ledger() as ledger:
            return [reference for (reference,) in ledger.execute("SELECT reference FROM decline ORDER BY rowid")]

    def references(self, status: str) -> list[str]:
        """Return the references of all objects in this status."""
        with self._ledger() as ledger:
            return [
                reference for (reference,) in ledger.execute("SELECT reference FROM object WHERE status = ?", (status,))
            ]

    def note(self, fault: str) -> None:
        """Count a fault that somebody else makes; an empty one counts for nothing."""
        with self._ledger() as ledger:
            ledger.execute("INSERT INTO call VALUES ('', '', ?)", (fault,))

    def calls(self) -> list[str]:
        """Return the names of all calls."""
        with self._ledger() as ledger:
            return [name for (name,) in ledger.execute("SELECT name FROM call ORDER BY rowid").fetchall()]

    def fault_counts(self) -> dict[str, int]:
        """Return how often each fault was hit; those of calls by the name of the call."""
        with self._ledger() as ledger:
            found = ledger.execute("SELECT name, fault, count(*) FROM call WHERE fault <> '' GROUP BY name, fault")
            return {f"{name} {fault}".strip(): times for name, fault, times in found}

    def _open(self, way: str, order: Order, key: str = "") -> str:
        def open_(ledger: sqlite3.Connection) -> Outcome:
            known = ledger.execute("SELECT outcome FROM answer WHERE key = ?", (key,)).fetchone() if key else None
            reference = known[0] if known else f"{way}_{random.getrandbits(64):016x}"
            if not known:
                ledger.execute(
                    "INSERT INTO object (reference, way, order_id, amount, currency, status) VALUES (?,?,?,?,?,'open')",
                    (reference, way, order.pk, str(order.amount), order.currency),
                )
                if key:
                    ledger.execute("INSERT INTO answer VALUES (?, ?)", (key, reference))
            return Outcome(Kind.OPEN, transaction_id=reference)

        outcome = self._called("prepare" if way == "charge" else "begin", "", open_)
        if outcome.kind is not Kind.OPEN:
            raise (KeyRefused if outcome.key_refused else ProviderUnavailable)(outcome.code)
        return outcome.transaction_id

    def _take(self, ledger: sqlite3.Connection, reference: str, token: str, key: str) -> Outcome:
        known = ledger.execute("SELECT outcome FROM answer WHERE key = ?", (key,)).fetchone()
        if known:  # as Stripe does, a decline too is repeated under its key
            return _read(known[0])
        (status,) = ledger.execute("SELECT status FROM object WHERE reference = ?", (reference,)).fetchone()
        if status == "open":
            self._try(ledger, reference, token.partition("_")[0])
        outcome = _outcome(ledger, reference)
        ledger.execute("INSERT INTO answer VALUES (?, ?)", (key, _written(outcome)))
        return outcome

    def _try(self, ledger: sqlite3.Connection, reference: str, token: str) -> None:
        (code,) = ledger.execute("SELECT code FROM object WHERE reference = ?", (reference,)).fetchone()
        if token == "ok" or (token, code) == ("second", "second"):
            _succeed(ledger, reference)
            return
        status = {"sepa": "pending"}.get(token, "open")
        if status == "open":
            _decline(ledger, reference, token)
        ledger.execute("UPDATE object SET status = ?, code = ? WHERE reference = ?", (status, token, reference))

    def _called(self, name: str, reference: str, effect: Callable[[sqlite3.Connection], Outcome]) -> Outcome:
        """Make a call: the fault decides whether it has its effect, and whether its answer arrives."""
        fault = self.faults(name)
        with self._ledger() as ledger:
            ledger.execute("INSERT INTO call VALUES (?, ?, ?)", (name, reference, fault))
            outcome = effect(ledger) if fault not in (BEFORE, THROTTLED, KEY_REFUSED) else None
        self.after_effect(name)
        if fault == THROTTLED:
            return Outcome(Kind.NOTHING_HAPPENED, code="rate_limit")
        if fault == KEY_REFUSED:
            return Outcome(Kind.NOTHING_HAPPENED, code="PermissionError", key_refused=True)
        if fault or outcome is None:
            return Outcome(Kind.UNKNOWN, code=fault)
        return outcome

    @contextmanager
    def _ledger(self) -> Iterator[sqlite3.Connection]:
        ledger = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            ledger.execute("PRAGMA synchronous = OFF")
            ledger.execute("BEGIN IMMEDIATE")
            yield ledger
            if ledger.in_transaction:
                ledger.execute("COMMIT")
        finally:
            ledger.close()


def _succeed(ledger: sqlite3.Connection, reference: str) -> bool:
    changed = ledger.execute(
        "UPDATE object SET status = 'succeeded', code = '' WHERE reference = ? AND status = 'open'", (reference,)
    ).rowcount
    if changed:
        ledger.execute(
            "INSERT INTO success SELECT reference, order_id, amount, currency, ? FROM object WHERE reference = ?",
            (datetime.now(UTC).isoformat(), reference),
        )
    return bool(changed)


def _decline(ledger: sqlite3.Connection, reference: str, code: str) -> None:
    ledger.execute("INSERT INTO decline VALUES (?, ?)", (reference, code))


KINDS = {
    "declined": Kind.DECLINED,
    "debit_failed": Kind.DECLINED,
    "second": Kind.DECLINED,
    "lost": Kind.DECLINED_FOR_GOOD,
    "authentication": Kind.REQUIRES_ACTION,
}


def _outcome(ledger: sqlite3.Connection, reference: str) -> Outcome:
    amount, currency, status, code = ledger.execute(
        "SELECT amount, currency, status, code FROM object WHERE reference = ?", (reference,)
    ).fetchone()
    if status == "succeeded":
        return Outcome(
            Kind.SUCCEEDED,
            transaction_id=f"tx_{reference}",
            amount=Decimal(amount),
            currency=currency,
            paid_at=datetime.now(UTC),
        )
    if status == "open" and code in KINDS:
        return Outcome(KINDS[code], code=code)
    return Outcome(Kind(status), code=code)


def _written(outcome: Outcome) -> str:
    return json.dumps(
        {
            "kind": outcome.kind,
            "transaction_id": outcome.transaction_id,
            "amount": str(outcome.amount or ""),
            "currency": outcome.currency,
            "code": outcome.code,
            "paid_at": outcome.paid_at.isoformat() if outcome.paid_at else "",
        }
    )


def _read(text: str) -> Outcome:
    kept: dict[str, Any] = json.loads(text)
    return Outcome(
        Kind(kept["kind"]),
        transaction_id=kept["transaction_id"],
        amount=Decimal(kept["amount"]) if kept["amount"] else None,
        currency=kept["currency"],
        code=kept["code"],
        paid_at=datetime.fromisoformat(kept["paid_at"]) if kept["paid_at"] else None,
    )


def method_details(token: str) -> MethodDetails:
    """Return a method that is charged as its token says."""
    return MethodDetails("customer", token, "card", "4242")
