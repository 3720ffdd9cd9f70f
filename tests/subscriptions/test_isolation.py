"""Isolation level: pinned to READ COMMITTED, and stricter ones refused when taking a lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import Error, run_checks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config.zappa.checks import check_isolation
from foundation.orm.isolation import StrictIsolation
from subscriptions.access.membership import lock_users, repair
from subscriptions.models import Subscription, SubscriptionEvent, SweepRun
from subscriptions.services import SubscriptionService as Service
from subscriptions.terms import Terms
from tests.support.factories import NOW, has_access, make_due, make_plan, make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

STRICTER = ("REPEATABLE READ", "SERIALIZABLE")


@contextmanager
def transaction_at(level: str) -> Iterator[None]:
    """Open a caller's own transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
        yield


def level_of_a_transaction() -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation')")
        return str(cursor.fetchone()[0])


@pytest.fixture
def strict_default() -> Iterator[None]:
    """Set the server's default, as a role or database may do."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_isolation = 'repeatable read'")
    yield
    connection.close()


@pytest.fixture
def unpinned(strict_default: None) -> Iterator[None]:
    """Leave the isolation level to the server."""
    connection.ensure_connection()
    connection.connection.isolation_level = None
    pinned = connection.settings_dict["OPTIONS"].pop("isolation_level")
    yield
    connection.settings_dict["OPTIONS"]["isolation_level"] = pinned


def test_level_is_pinned_whatever_the_server_has(strict_default: None) -> None:
    assert level_of_a_transaction() == "read committed"
    user = make_user()
    Service.create_subscription(user, make_plan(), now=NOW)
    assert has_access(user)


DEEDS: dict[str, Callable[[Subscription], Any]] = {
    "create": lambda due: Service.create_subscription(due.user, make_plan(name="Another"), now=NOW),
    "renew": lambda due: Service.renew_subscription(due, now=NOW),
    "renew once": lambda due: Service.renew_subscription(due, now=NOW, shown=Terms.of_end(due)),
    "repair": lambda due: repair([due.user_id], NOW),
    "sweep": lambda due: Service.sweep(now=NOW),
}


@pytest.mark.parametrize("level", STRICTER)
@pytest.mark.parametrize("deed", DEEDS)
def test_stricter_level_is_refused_where_a_lock_is_taken(deed: str, level: str) -> None:
    (due,) = make_due(make_plan(), 1)
    with pytest.raises(StrictIsolation, match="READ COMMITTED"), transaction_at(level):
        DEEDS[deed](due)
    due.refresh_from_db()
    assert due.status == "active"
    assert has_access(due.user)
    assert not SubscriptionEvent.objects.exists()


def test_sweep_at_a_stricter_default_ends_and_blames_no_subscription(unpinned: None) -> None:
    make_due(make_plan(), 3)
    with pytest.raises(StrictIsolation):
        Service.sweep(now=NOW)
    assert Subscription.objects.filter(status="active").count() == 3
    assert SweepRun.objects.get().failures == {}


def test_level_costs_no_query() -> None:
    (due,) = make_due(make_plan(), 1)
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        lock_users([due.user_id])
        Subscription.objects.due(NOW).claim(1)
    assert len(captured) == 2


def test_system_check_says_so(unpinned: None) -> None:
    assert [problem.id for problem in run_checks(tags=["database"], databases=["default"])] == ["config.E042"]


def test_system_check_is_content_with_what_the_settings_pin() -> None:
    assert run_checks(tags=["database"], databases=["default"]) == []
    assert check_isolation() == []


@pytest.mark.parametrize("level", [None, 3])
def test_settings_that_pin_nothing_are_an_error(level: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"]["OPTIONS"], "isolation_level", level)
    (problem,) = check_isolation()
    assert (type(problem), problem.id) == (Error, "config.E041")
