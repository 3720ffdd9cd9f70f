"""Public signals: arguments, time, and the effect of a failing receiver."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Model
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from notifications.models import Notification
from subscriptions import signals
from subscriptions.errors import AlreadySubscribed
from subscriptions.models import Plan, Subscription, Transition
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import MONTH, NOW, has_access, make_due, make_plan, make_user

PUBLIC = {
    "subscription_created": {"subscription", "user", "plan"},
    "subscription_renewed": {"subscription", "old_end_date", "new_end_date"},
    "subscription_cancelled": {"subscription", "reason"},
    "subscription_reactivated": {"subscription"},
    "subscription_expired": {"subscription"},
}


class Recorder:
    """Recorder of signals, and whether a transaction was open."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def listen_to(self, name: str) -> None:
        def receiver(signal: Signal, sender: type, **arguments: Any) -> None:
            assert sender is Service
            assert not connection.in_atomic_block
            self.calls.append((name, arguments))

        getattr(signals, name).connect(receiver, weak=False, dispatch_uid="recorder")


@pytest.fixture
def recorder() -> Any:
    recorder = Recorder()
    for name in PUBLIC:
        recorder.listen_to(name)
    yield recorder
    for name in PUBLIC:
        getattr(signals, name).disconnect(dispatch_uid="recorder")


@pytest.mark.django_db(transaction=True)
def test_each_signal_arrives_once_after_commit_with_the_contracts_arguments(recorder: Recorder) -> None:
    user, plan = make_user(), make_plan()
    subscription = Service.create_subscription(user, plan, now=NOW)
    Service.cancel_subscription(subscription, "too dear", now=NOW)
    Service.reactivate_subscription(subscription, now=NOW)
    Service.renew_subscription(subscription, now=NOW)
    Service.sweep(now=NOW + 3 * MONTH)
    assert recorder.calls == [
        ("subscription_created", {"subscription": subscription, "user": user, "plan": plan}),
        ("subscription_cancelled", {"subscription": subscription, "reason": "too dear"}),
        ("subscription_reactivated", {"subscription": subscription}),
        (
            "subscription_renewed",
            {"subscription": subscription, "old_end_date": NOW + MONTH, "new_end_date": NOW + 2 * MONTH},
        ),
        ("subscription_expired", {"subscription": subscription}),
    ]
    expired: Subscription = recorder.calls[-1][1]["subscription"]
    assert (expired.status, expired.expired_at) == ("expired", NOW + 3 * MONTH)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_announced_when_the_callers_transaction_is_rolled_back(recorder: Recorder) -> None:
    user, plan = make_user(), make_plan()
    with transaction.atomic():
        Service.create_subscription(user, plan, now=NOW)
        transaction.set_rollback(True)
    assert recorder.calls == []
    assert not Notification.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_raising_receiver_stops_neither_others_nor_the_sweep_and_is_logged_by_name(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    def clumsy_receiver(**kwargs: Any) -> None:
        raise RuntimeError("clumsy")

    make_due(make_plan(), 3)
    signals.subscription_expired.connect(clumsy_receiver)
    try:
        assert Service.sweep(now=NOW, batch_size=2).expired == 3
    finally:
        signals.subscription_expired.disconnect(clumsy_receiver)
    assert [name for name, _ in recorder.calls] == ["subscription_expired"] * 3
    assert "clumsy_receiver" in caplog.text
    counted = [
        record.__dict__["failed_receivers"] for record in caplog.records if "failed_receivers" in record.__dict__
    ]
    assert counted == [2, 1]


@pytest.mark.django_db(transaction=True)
def test_error_after_the_commit_is_logged_and_does_not_change_the_counts(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise LookupError("names a subscriber")

    def hook_on(**kwargs: Any) -> None:
        transaction.on_commit(fail)

    make_due(make_plan(), 3)
    signals.subscriptions_transitioned.connect(hook_on)
    try:
        run = Service.sweep(now=NOW, batch_size=2)
    finally:
        signals.subscriptions_transitioned.disconnect(hook_on)
    assert (run.expired, run.failed, run.remaining) == (3, 0, 0)
    told = [record for record in caplog.records if record.message == "work after a commit of the sweep failed"]
    assert [record.__dict__["error"] for record in told] == ["LookupError", "LookupError"]
    assert "names a subscriber" not in caplog.text


@contextmanager
def strict(receiver: Callable[..., None]) -> Iterator[None]:
    """Connect a strict receiver inside the block."""
    signals.subscriptions_transitioned.connect(receiver)
    try:
        yield
    finally:
        signals.subscriptions_transitioned.disconnect(receiver)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["sweep", "cancel now"])
def test_transition_that_a_strict_receiver_makes_is_announced_after_its_cause(recorder: Recorder, end: str) -> None:
    (due,) = make_due(make_plan(), 1, end=NOW + timedelta(hours=-1 if end == "sweep" else 1))

    def renew(transition: Transition, **kwargs: Any) -> None:
        if transition == Transition.EXPIRED:
            Service.renew_subscription(Subscription.objects.get(pk=due.pk), now=NOW)

    with strict(renew):
        Service.sweep(now=NOW) if end == "sweep" else Service.cancel_now(due, now=NOW)
    assert [(name, arguments["subscription"].status) for name, arguments in recorder.calls] == [
        ("subscription_expired", "expired"),
        ("subscription_renewed", "active"),
    ]
    assert has_access(due.user)


@pytest.mark.django_db(transaction=True)
def test_failing_work_after_the_commit_keeps_no_signal_from_being_sent(recorder: Recorder) -> None:
    def fail() -> None:
        raise LookupError

    with strict(lambda **kwargs: transaction.on_commit(fail)), pytest.raises(LookupError):
        Service.create_subscription(make_user(), make_plan(), now=NOW)
    assert [name for name, _ in recorder.calls] == ["subscription_created"]


@pytest.mark.django_db(transaction=True)
def test_receiver_gets_what_its_transition_committed_and_nothing_that_was_rolled_back(recorder: Recorder) -> None:
    with transaction.atomic():
        subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
        Service.renew_subscription(subscription, now=NOW)
        with transaction.atomic():
            Service.cancel_now(subscription, now=NOW + MONTH)
            transaction.set_rollback(True)
    told = [(name, arguments["subscription"].status) for name, arguments in recorder.calls]
    assert told == [("subscription_created", "active"), ("subscription_renewed", "active")]
    assert [arguments["subscription"].end_date for _, arguments in recorder.calls] == [NOW + MONTH, NOW + 2 * MONTH]


def refuse(**kwargs: Any) -> None:
    raise RuntimeError("no")


@pytest.mark.django_db
@pytest.mark.parametrize("move", ["renew_subscription", "cancel_subscription", "cancel_now", "reactivate_subscription"])
def test_instance_shows_nothing_of_a_transition_that_was_undone(move: str) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    if move == "reactivate_subscription":
        Service.cancel_subscription(subscription, now=NOW)
    with strict(refuse), pytest.raises(RuntimeError):
        getattr(Service, move)(subscription, now=NOW + timedelta(days=1))
    stored = Subscription.objects.get()
    for field in Subscription._meta.concrete_fields:
        assert getattr(subscription, field.attname) == getattr(stored, field.attname), field.name


@pytest.mark.django_db(transaction=True)
def test_failing_query_of_a_receiver_does_not_undo_the_batch() -> None:
    def broken_query(**kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")

    make_due(make_plan(), 2)
    signals.subscription_expired.connect(broken_query)
    try:
        assert Service.sweep(now=NOW).expired == 2
    finally:
        signals.subscription_expired.disconnect(broken_query)
    assert Subscription.objects.filter(status="expired").count() == 2


@pytest.mark.django_db(transaction=True)
def test_failing_strict_receiver_undoes_the_transition() -> None:
    user, plan = make_user(), make_plan()
    with strict(refuse), pytest.raises(RuntimeError):
        Service.create_subscription(user, plan, now=NOW)
    assert not Subscription.objects.exists()
    assert not user.groups.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("relation", "model"), [("user", get_user_model()), ("plan", Plan)])
def test_relation_read_by_a_receiver_is_loaded_for_the_whole_batch(relation: str, model: type[Model]) -> None:
    seen = []

    def curious(subscription: Subscription, **kwargs: Any) -> None:
        if subscription.pk % 2:  # not every one asks
            seen.append(getattr(subscription, relation))

    due = make_due(make_plan(), 40)
    signals.subscription_expired.connect(curious)
    try:
        with CaptureQueriesContext(connection) as queries:
            Service.sweep(now=NOW)
    finally:
        signals.subscription_expired.disconnect(curious)
    assert sorted(one.pk for one in seen) == sorted(getattr(row, relation).pk for row in due if row.pk % 2)
    reads = [query for query in queries if f'FROM "{model._meta.db_table}"' in query["sql"]]
    assert len(reads) == 2  # the first one's, and all others'


@pytest.mark.django_db(transaction=True)
def test_metadata_read_by_a_receiver_is_loaded_for_the_whole_batch() -> None:
    seen = {}

    def curious(subscription: Subscription, **kwargs: Any) -> None:
        seen[subscription.pk] = subscription.metadata

    due = make_due(make_plan(), 40)
    for subscription in due:
        subscription.metadata = {"number": subscription.pk}
    Subscription.objects.bulk_update(due, ["metadata"])
    signals.subscription_expired.connect(curious)
    try:
        with CaptureQueriesContext(connection) as queries:
            Service.sweep(now=NOW)
    finally:
        signals.subscription_expired.disconnect(curious)
    assert seen == {subscription.pk: {"number": subscription.pk} for subscription in due}
    reads = [query for query in queries if '"metadata" FROM' in query["sql"]]
    assert len(reads) == 2  # the first one's, and all others'


def test_every_signal_is_documented_with_its_arguments() -> None:
    source = inspect.getsource(signals)
    for name, arguments in PUBLIC.items():
        docstring = source.split(f"{name} = Signal(use_caching=True)")[1].split('"""')[1]
        assert all(f"`{argument}`" in docstring for argument in arguments), name


def test_strict_receivers_of_all_apps_are_wired_once() -> None:
    uids = [lookup[0] for lookup, *_ in signals.subscriptions_transitioned.receivers]
    assert sorted(uids) == [
        "notifications.record_notifications",
        "payments.end_orders",
        "subscriptions.sync_access",
    ]


@pytest.mark.django_db
def test_subscribing_again_is_refused_where_a_strict_receiver_renews_what_has_ended() -> None:
    user, plan = make_user(), make_plan()
    subscription = Service.create_subscription(user, plan, now=NOW)
    later = subscription.end_date + timedelta(hours=1)

    def renew(*, transition: Transition, event_ids: list[int], now: datetime, **kwargs: Any) -> None:
        if transition == Transition.EXPIRED:
            Service.renew_subscription(Subscription.objects.get(events__in=event_ids), now=now)

    with strict(renew), pytest.raises(AlreadySubscribed):
        Service.create_subscription(user, plan, now=later)
    assert [event.transition for event in subscription.events.all()] == [Transition.CREATED]
