"""Timestamps as loaded from the database."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.utils import DataError

from subscriptions.models import SweepRun

pytestmark = pytest.mark.django_db

INSTANTS = [
    datetime(2026, 12, 1, 3, 0, tzinfo=UTC),
    datetime(2026, 12, 1, 3, 0, 0, 123_456, tzinfo=UTC),
    datetime(2026, 12, 1, 3, 0, 0, 120_000, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]


@pytest.mark.parametrize("instant", INSTANTS, ids=str)
def test_instant_comes_back_as_it_went(instant: datetime) -> None:
    SweepRun.objects.create(started_at=instant)
    started_at = SweepRun.objects.get().started_at
    assert (started_at, started_at.tzinfo) == (instant, UTC)


@pytest.mark.postgresql
def test_cursor_keeps_the_loader_that_the_connection_was_given() -> None:
    with connection.cursor() as cursor:
        loader = cursor.adapters.get_loader(cursor.adapters.types["timestamptz"].oid, 0)
    assert loader.__name__ == "QuickTimestamptzLoader"


@pytest.mark.postgresql
@pytest.mark.parametrize("text", ["infinity", "0044-03-15 12:00:00 BC"])
def test_instant_that_python_does_not_know_is_an_error(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        with pytest.raises(DataError):
            cursor.fetchone()
