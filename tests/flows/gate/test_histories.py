"""Random histories of two sessions and the jobs: after every step the gate is open, or no later than anything is due.

What is due next is found by `due_rows` from all rows, and not from the queries of the code. A gate that was closed just
now opens no earlier than that, or than a plan's next day of reminders: whoever wants none counts there, too.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from accounts.erasure import AccountError
from config.aws_lambda.gated_jobs import ASLEEP, run_gated
from foundation import clock, gate
from payments.errors import PaymentError
from subscriptions.access.managed_groups import restore_groups
from subscriptions.errors import SubscriptionError
from tests.flows.gate.actions import ACTIONS, Action, Skipped, audit_by_hand, sell, send_everything, subscribe
from tests.flows.gate.due_rows import due, marks
from tests.flows.gate.gated import invoke
from tests.flows.gate.money_actions import MONEY_ACTIONS, agree_to_renew, buy
from tests.support.factories import NOW
from tests.support.gate import AUDIT, DELIVERY, ERASURE, PAYMENTS, REMINDERS, SWEEP, Context, read_item, tick
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

HOUR = timedelta(hours=1)
CEILING = timedelta(days=400)
"""Ceiling beyond all instants, so that it hides none."""
HISTORIES = int(os.environ.get("GATE_HISTORIES", "0"))
"""Number of histories, drawn anew each time; without it three, the same each time. `make sleep` draws 50."""
LOCK_TIMEOUT = "SET lock_timeout = '50ms'"

EVERY = ACTIONS + MONEY_ACTIONS
BETWEEN: list[tuple[Any, ...]] = [
    *(("job", job) for job in (SWEEP, DELIVERY, REMINDERS, PAYMENTS, AUDIT, ERASURE)),
    *((how, session) for session in (0, 1) for how in ("begin", "commit", "commit", "roll back")),
]
MOSTLY = [True, True, True, False]
BEGINNING: list[tuple[Action, int]] = [
    (sell, 2), (sell, 5), (buy, 0), (subscribe, 1), (agree_to_renew, 0), (audit_by_hand, 5), (send_everything, 0),
]  # fmt: skip


@dataclass
class Session:
    """Thread with its own session of the database, which may be in a transaction between two steps."""

    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    transaction: ExitStack | None = None

    def do(self, step: Callable[[], object]) -> None:
        """Run the step in the thread; a statement that fails rolls back what is open."""
        self.pool.submit(self._do, step).result()

    def begin(self) -> None:
        if self.transaction is None:
            self.transaction = ExitStack()
            self.transaction.enter_context(transaction.atomic())

    def finish(self, *, commits: bool = True) -> None:
        """End the transaction, if any, and the session with it, as a request does."""
        stack, self.transaction = self.transaction, None
        if stack is not None:
            transaction.set_rollback(not commits)
            stack.close()
        connection.close()

    def act(self, action: Action, number: int, later: timedelta) -> None:
        """Act in the thread, and end its session unless a transaction is open."""
        self.do(lambda: self._act(action, number, later))
        if self.transaction is None:
            self.do(self.finish)

    def _act(self, action: Action, number: int, later: timedelta) -> None:
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
        with transaction.atomic():
            action(number, later)

    def _do(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (Skipped, SubscriptionError, PaymentError, AccountError):
            pass
        except DatabaseError:
            self.finish(commits=False)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Any, ...]]:
    """Draw each action once, in any order, and between them jobs, times that pass, and ends of transactions."""
    steps: list[tuple[Any, ...]] = []
    for action in draw(st.permutations(EVERY)):
        steps += [
            ("act", draw(st.integers(0, 1)), action, draw(st.integers(0, 5)), draw(hours(60 * 24))),
            draw(st.sampled_from(BETWEEN)),
            ("close", draw(st.sampled_from(MOSTLY))),
        ]
        if not draw(st.sampled_from(MOSTLY)):
            steps.append(("wait", draw(hours(48) | hours(60 * 24))))
    return steps


def hours(most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(1, most).map(lambda number: number * HOUR)


@examples(max_examples=HISTORIES or 3, derandomize=not HISTORIES)
@given(history=histories())
def test_gate_is_never_closed_beyond_what_is_due(
    gated: None, provider: LedgerProvider, settings: Any, history: list[tuple[Any, ...]]
) -> None:
    settings.GATE_CEILING = CEILING
    forget_the_last_history(provider)
    with two_sessions() as sessions, time_machine.travel(NOW, tick=False) as now:
        for step in history:
            has_closed = take(step, sessions, now)
            assert_open_or_in_time(clock.now(), has_closed=has_closed)


def forget_the_last_history(provider: LedgerProvider) -> None:
    """Empty all tables, which opens the gate, and the provider's books: numbers of orders begin anew."""
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    restore_groups()
    provider.path.unlink(missing_ok=True)
    connection.close()


@contextmanager
def two_sessions() -> Iterator[list[Session]]:
    """Yield two sessions of a database in which one subscriber has paid, and another one renews by charges."""
    with time_machine.travel(NOW, tick=False):
        for action, number in BEGINNING:
            action(number, 30 * 24 * HOUR)
    connection.close()
    sessions = [Session(), Session()]
    try:
        yield sessions
    finally:
        for session in sessions:
            session.do(session.finish)
            session.pool.shutdown()


def take(step: tuple[Any, ...], sessions: list[Session], now: time_machine.Traveller) -> bool:
    """Take the step; return True if the gate was closed as its last act."""
    match step:
        case ("act", number, action, row, later):
            sessions[number].act(action, row, later)
        case ("begin", number):
            sessions[number].do(sessions[number].begin)
        case ("commit" | "roll back" as how, number):
            session = sessions[number]
            session.do(lambda: session.finish(commits=how == "commit"))
        case ("job", job):
            answer = run_gated(
                tick(job), Context(), invoke, sleep=lambda seconds: now.shift(timedelta(seconds=seconds))
            )
            connection.close()
            return answer != ASLEEP and bool(read_item().markers)
        case ("close", has_sent):
            if has_sent:
                send_everything(0, HOUR)
            return gate.close_gate(clock.now())
        case ("wait", duration):
            now.shift(duration)
    return False


def assert_open_or_in_time(now: datetime, *, has_closed: bool) -> None:
    markers, found = read_item().markers, due(now)
    for marker, instants in found.items():
        earliest = min(instants, default=None)
        is_closed = marker in markers and markers[marker] > now
        if is_closed and earliest is not None:
            assert markers[marker] <= earliest, f"{marker}: {markers[marker]} is later than {earliest}"
    if has_closed:
        assert_not_early(markers, found | {"remind": [*found["remind"], *marks(now)]}, now)
    connection.close()


def assert_not_early(markers: Any, found: dict[str, list[datetime]], now: datetime) -> None:
    assert set(markers) == set(found)
    for marker, instants in found.items():
        earliest = min([*instants, now + CEILING])
        if earliest > now:
            whole = earliest.replace(microsecond=0)
            assert markers[marker] >= whole, f"{marker}: {markers[marker]} is earlier than {whole}"
