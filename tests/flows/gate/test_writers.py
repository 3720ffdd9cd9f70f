"""Gate with the real database: writers open it, and it closes until something is due."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from foundation import gate, gate_store
from foundation.due_work import next_instants
from subscriptions.models import Subscription, SweepRun
from tests.flows.gate.gated import close, ends_in, in_threads
from tests.support.factories import NOW, make_plan
from tests.support.gate import (
    is_open,
    read_item,
)
from tests.support.injected_answers import InjectedAnswers
from tests.support.patience import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]


def test_gate_closes_until_the_next_end(gated: None, now: None) -> None:
    ends_in(timedelta(hours=5))
    assert is_open()
    wait_until(close)
    assert read_item().markers["sweep"] == NOW + timedelta(hours=5)


def test_without_anything_due_the_gate_opens_after_the_ceiling(gated: None, now: None, settings: Any) -> None:
    wait_until(close)
    assert read_item().markers["sweep"] == NOW + settings.GATE_CEILING


def test_writer_in_flight_keeps_the_gate_open_until_its_session_ends(gated: None) -> None:
    wait_until(close)
    assert not is_open()
    written, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make_plan()
            written.set()
            may_end.wait()

    def look() -> None:
        written.wait()
        try:
            assert is_open()
            assert not close()
        finally:
            may_end.set()

    in_threads(write, look)
    wait_until(close)


def test_session_that_a_pooler_has_given_on_keeps_the_gate_open(gated: None) -> None:
    wait_until(close)

    def given_on(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(gate.TAKE_LOCK, [gate.LOCK])

    connection_created.connect(given_on)
    try:
        assert not close()
    finally:
        connection_created.disconnect(given_on)
    wait_until(close)


def test_rolled_back_writer_gives_the_lock_back_with_its_session_only(gated: None) -> None:
    wait_until(close)
    done, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make_plan()
            transaction.set_rollback(True)
        done.set()
        may_end.wait()

    def look() -> None:
        done.wait()
        try:
            assert not close()
        finally:
            may_end.set()

    in_threads(write, look)
    wait_until(close)


@pytest.mark.parametrize("opened_before", [False, True])
def test_writer_that_opens_while_the_gate_closes_keeps_it_open(
    opened_before: bool, gated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if opened_before:
        gate.open_gate()
    instants = next_instants

    def slow(now: datetime) -> dict[str, datetime | None]:
        found = instants(now)
        in_threads(make_plan)
        return found

    monkeypatch.setattr(gate, "next_instants", slow)
    assert not close()
    assert is_open()


def test_row_that_commits_while_the_gate_closes_is_counted_or_keeps_it_open(
    gated: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_writers = gate._has_writers

    def slow(connection: Any) -> bool:
        found = has_writers(connection)
        in_threads(lambda: ends_in(timedelta(minutes=3)))
        return found

    monkeypatch.setattr(gate, "_has_writers", slow)
    assert not close()
    assert is_open()


def test_lock_is_held_when_the_gate_opens(gated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[bool] = []
    open_store = gate_store.GateStore.open

    def look_and_open(store: gate_store.GateStore) -> None:
        in_threads(lambda: opened.append(gate._has_writers(connection)))
        open_store(store)

    monkeypatch.setattr(gate_store.GateStore, "open", look_and_open)
    make_plan()
    assert opened == [True]


@pytest.mark.parametrize(("lost", "is_opened"), [(0, True), (1, True), (2, False)])
def test_lost_opening_is_tried_once_more_by_the_next_statement(
    lost: int, is_opened: bool, gated: None, answers: InjectedAnswers
) -> None:
    wait_until(close)
    before = len(openings(answers))
    answers.refuse("dynamodb.UpdateItem", "Broken", times=lost)
    with transaction.atomic():
        for _number in range(3):
            make_plan()
    assert is_open() == is_opened
    assert len(openings(answers)) - before == max(1, min(lost + 1, 2))


def openings(answers: InjectedAnswers) -> list[str]:
    """Return the calls that write the item."""
    return [call for call in answers.calls if call == "dynamodb.UpdateItem"]


def test_row_that_commits_just_before_the_look_is_counted(
    gated: None, now: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, looking, committed = threading.Event(), threading.Event(), threading.Event()
    has_writers = gate._has_writers

    def write() -> None:
        try:
            with transaction.atomic():
                ends_in(timedelta(minutes=3))
                written.set()
                looking.wait()
        finally:
            connection.close()
            committed.set()

    def look(session: Any) -> bool:
        looking.set()
        committed.wait()
        wait_until(lambda: not has_writers(session))  # the server ends a session after its client has left
        return has_writers(session)

    def close_meanwhile() -> None:
        written.wait()
        try:
            wait_until(close)
        finally:
            looking.set()

    monkeypatch.setattr(gate, "_has_writers", look)
    in_threads(write, close_meanwhile)
    assert read_item().markers["sweep"] == NOW + timedelta(minutes=3)


def test_harmless_statements_leave_the_gate_closed(gated: None) -> None:
    wait_until(close)
    Session.objects.create(session_key="k", session_data="", expire_date=NOW)
    SweepRun.objects.create(started_at=NOW)
    list(Subscription.objects.all())
    assert not is_open()
    wait_until(close)


def test_changed_group_opens_the_gate(gated: None) -> None:
    wait_until(close)
    Group.objects.create(name="editors")
    assert is_open()
