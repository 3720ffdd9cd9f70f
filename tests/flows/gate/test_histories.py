"""Random histories of two sessions and the jobs: after every step the gate is open, or no later than anything is due.

What is due next is found here from all rows, and not from the queries of the code.
"""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.db import DatabaseError, connection, transaction
from hypothesis import given, note, settings
from hypothesis import strategies as st

from accounts.models import Profile
from config.aws_lambda.gated_jobs import run_gated
from foundation import clock, gate
from infra.lambda_local.emulator.local_aws import LocalAWS
from notifications.models import ChannelStatus, Notification, NotificationPreferences, PauseReason
from notifications.reminders import plans_by_day, wanted
from payments.models import Order, PaymentMethod, Renewal, WebhookMessage
from subscriptions.access.managed_groups import restore_groups
from subscriptions.errors import SubscriptionError
from subscriptions.models import RENEWAL_AHEAD, Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate.gated import invoke
from tests.support.factories import NOW, make_plan, make_user
from tests.support.gate import DELIVERY, PAYMENTS, REMINDERS, SWEEP, Context, gate_on, make_table, read_item, tick
from tests.support.ledger_provider import LedgerProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql, pytest.mark.slow]

HOUR = timedelta(hours=1)
HOURS = st.integers(1, 60 * 24).map(lambda hours: hours * HOUR)
NUMBERS = st.integers(0, 5)
LOCK_TIMEOUT = "SET lock_timeout = '50ms'"

TABLES = """
    TRUNCATE subscriptions_plan, auth_user, accounts_profile, payments_order, payments_webhookmessage,
        notifications_notification CASCADE
"""


def nth(rows: Any, number: int) -> Any:
    """Return one of the rows. Raises Skipped if there are none."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    if not keys:
        raise Skipped
    return rows.get(pk=keys[number % len(keys)])


class Skipped(Exception):
    """There is no row for the action."""


def subscribe(number: int, later: timedelta) -> None:
    Service.create_subscription(make_user(), nth(Plan.objects, number), now=clock.now())


def renew(number: int, later: timedelta) -> None:
    Service.renew_subscription(nth(Subscription.objects, number), now=clock.now())


def cancel(number: int, later: timedelta) -> None:
    Service.cancel_subscription(nth(Subscription.objects, number), now=clock.now())


def end_now(number: int, later: timedelta) -> None:
    Service.cancel_now(nth(Subscription.objects, number), now=clock.now())


def move_end(number: int, later: timedelta) -> None:
    row = nth(Subscription.objects.filter(expired_at=None), number)
    Subscription.objects.filter(pk=row.pk).update(end_date=row.start_date + later)


def move_end_by_sql(number: int, later: timedelta) -> None:
    row = nth(Subscription.objects.filter(expired_at=None), number)
    with connection.cursor() as cursor:
        sql = "UPDATE subscriptions_subscription SET end_date = %s WHERE id = %s"
        cursor.execute(sql, [row.start_date + later, row.pk])


def grant_grace(number: int, later: timedelta) -> None:
    row = nth(Subscription.objects.filter(expired_at=None), number)
    Subscription.objects.filter(pk=row.pk).update(grace_until=row.end_date + later)


def sell(number: int, later: timedelta) -> None:
    make_plan(reminder_days=[number + 1], duration_days=later.days + 1)


def remind_on_other_days(number: int, later: timedelta) -> None:
    Plan.objects.filter(pk=nth(Plan.objects, number).pk).update(reminder_days=[later.days % 30 + 1])


def turn_reminders_off_or_on(number: int, later: timedelta) -> None:
    user = nth(get_user_model().objects, number)
    wants = bool(later.days % 2)
    NotificationPreferences.objects.update_or_create(
        user=user, defaults={"reminders": wants, "changed_at": clock.now()}
    )


def deactivate_or_activate(number: int, later: timedelta) -> None:
    user = nth(get_user_model().objects, number)
    get_user_model().objects.filter(pk=user.pk).update(is_active=not user.is_active)


def leave(number: int, later: timedelta) -> None:
    user = nth(get_user_model().objects, number)
    Profile.objects.update_or_create(user=user, defaults={"leaving_since": clock.now()})


def lose_notifications(number: int, later: timedelta) -> None:
    Notification.objects.filter(pk=nth(Notification.objects, number).pk).delete()


def pause(number: int, later: timedelta) -> None:
    until = NOW + later * 1000
    ChannelStatus.objects.filter(pk="ses").update(paused_since=NOW, paused_until=until, pause_reason=PauseReason.QUOTA)


def resume(number: int, later: timedelta) -> None:
    ChannelStatus.objects.update(paused_since=None, paused_until=None, pause_reason="")


def agree_to_renew(number: int, later: timedelta) -> None:
    subscription = nth(Subscription.objects.filter(renewal=None), number)
    token = f"ok-{subscription.pk}"
    method = PaymentMethod.objects.create(
        user=subscription.user, provider=LedgerProvider.name, customer=token, token=token
    )
    Renewal.objects.create(
        subscription=subscription, auto_renew=True, method=method, amount="9.90", currency="EUR", agreed_at=clock.now()
    )


def plan_a_charge(number: int, later: timedelta) -> None:
    order = nth(Order.objects.unfinished(), number)
    Order.objects.filter(pk=order.pk).update(due_at=clock.now() + later)


def receive_a_message(number: int, later: timedelta) -> None:
    WebhookMessage.objects.create(
        provider=LedgerProvider.name,
        message_id=f"message-{next(NUMBER)}",
        type="x",
        made_at=NOW,
        received_at=clock.now() + later,
        body={},
        attempts=number,
    )


NUMBER = itertools.count()
Action = Callable[[int, timedelta], None]
ACTIONS: list[Action] = [
    subscribe, renew, cancel, end_now, move_end, move_end_by_sql, grant_grace, sell, remind_on_other_days,
    turn_reminders_off_or_on, deactivate_or_activate, leave, lose_notifications, pause, resume, agree_to_renew,
    plan_a_charge, receive_a_message,
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
        with connection.cursor() as cursor:
            cursor.execute(LOCK_TIMEOUT)
        with transaction.atomic():
            action(number, later)

    def _do(self, step: Callable[[], object]) -> None:
        try:
            step()
        except (Skipped, SubscriptionError):
            pass
        except DatabaseError:
            self.finish(commits=False)


STEPS = st.one_of(
    st.tuples(st.just("act"), st.integers(0, 1), st.sampled_from(ACTIONS), NUMBERS, HOURS),
    st.tuples(st.just("act"), st.integers(0, 1), st.sampled_from(ACTIONS), NUMBERS, HOURS),
    st.tuples(st.sampled_from(["begin", "commit", "roll back"]), st.integers(0, 1)),
    st.tuples(st.just("job"), st.sampled_from([SWEEP, DELIVERY, REMINDERS, PAYMENTS])),
    st.tuples(st.just("close")),
    st.tuples(st.just("wait"), HOURS),
)


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(tmp_path / "ledger"))
    settings.PAYMENT_PROVIDER = LedgerProvider.name


@pytest.fixture
def gated(transactional_db: None, aws: LocalAWS, settings: Any, provider: None) -> Iterator[None]:
    make_table()
    with gate_on(settings):
        yield


@settings(max_examples=40)
@given(steps=st.lists(STEPS, min_size=4, max_size=25))
def test_gate_is_never_closed_beyond_what_is_due(gated: None, steps: list[tuple[Any, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
    ChannelStatus.objects.update(paused_since=None, paused_until=None, pause_reason="")
    restore_groups()
    sell(3, 30 * 24 * HOUR)
    connection.close()
    sessions = [Session(), Session()]
    try:
        with time_machine.travel(NOW, tick=False) as now:
            for step in steps:
                note(str(step))
                take(step, sessions, now)
                assert_open_or_in_time(clock.now())
    finally:
        for session in sessions:
            session.do(session.finish)
            session.pool.shutdown()


def take(step: tuple[Any, ...], sessions: list[Session], now: time_machine.Traveller) -> None:
    match step:
        case ("act", number, action, row, later):
            session = sessions[number]
            session.do(lambda: session.act(action, row, later))
            if session.transaction is None:
                session.do(session.finish)
        case ("begin", number):
            sessions[number].do(sessions[number].begin)
        case ("commit" | "roll back" as how, number):
            session = sessions[number]
            session.do(lambda: session.finish(commits=how == "commit"))
        case ("job", job):
            run_gated(tick(job), Context(), invoke, sleep=lambda seconds: now.shift(timedelta(seconds=seconds)))
            connection.close()
        case ("close",):
            gate.close_gate(clock.now())
        case ("wait", duration):
            now.shift(duration)


def assert_open_or_in_time(now: datetime) -> None:
    markers = read_item().markers
    for marker, instants in {"sweep": due_by_the_minute(now), "remind": marks(now)}.items():
        earliest = min(instants, default=None)
        is_closed = marker in markers and markers[marker] > now
        if is_closed and earliest is not None:
            assert markers[marker] <= earliest, f"{marker}: {markers[marker]} is later than {earliest}"
    connection.close()


def due_by_the_minute(now: datetime) -> Iterator[datetime]:
    """Yield the instants of sweep, delivery and payments."""
    yield from ends_and_notifications(now)
    yield from payments(now)


def ends_and_notifications(now: datetime) -> Iterator[datetime]:
    for row in Subscription.objects.all():
        if row.expired_at is None:
            yield max(row.end_date, row.grace_until or row.end_date)
    for sent in Notification.objects.all():
        if sent.finished_at is None:
            yield now
    if any(status.paused_until and status.paused_until > NOW for status in ChannelStatus.objects.all()):
        yield now


def payments(now: datetime) -> Iterator[datetime]:
    for order in Order.objects.all():
        if order.finished_at is None and order.due_at:
            yield order.due_at
        if order.finished_at is not None and order.close_requested_at:
            yield now
    for message in WebhookMessage.objects.filter(outcome="pending"):
        yield message.received_at + timedelta(minutes=2**message.attempts - 1)
    for renewal in Renewal.objects.select_related("subscription"):
        subscription = renewal.subscription
        orders = Order.objects.filter(subscription=subscription, period_start=subscription.end_date)
        if subscription.status == "active" and subscription.end_date > now and not orders.exists():
            yield subscription.end_date - RENEWAL_AHEAD


def marks(now: datetime) -> Iterator[datetime]:
    """Yield the instants from now on at which a reminder is wanted."""
    plans, _malformed = plans_by_day()
    ends = Subscription.objects.values_list("end_date", flat=True)
    candidates = {now, *(end - timedelta(days=day) for end in ends for day in plans)}
    for instant in sorted(candidates):
        if plans and instant >= now and wanted(plans, instant).exists():
            yield instant
            return
