"""UPDATE ... RETURNING, on both databases."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from foundation.orm.update_returning import update_returning
from subscriptions.models import Plan, SweepRun
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db


def test_changed_rows_come_back_as_they_are_now_and_no_others() -> None:
    cheap, dear = make_plan(name="Cheap", price=Decimal(1)), make_plan(name="Dear", price=Decimal(9))
    with CaptureQueriesContext(connection) as queries:
        (changed,) = update_returning(Plan.objects.filter(price__lt=5).order_by("name"), price=F("price") + 1)
    assert len(queries) == 1
    assert (changed, changed.price, changed.name) == (cheap, Decimal(2), "Cheap")
    dear.refresh_from_db()
    assert dear.price == Decimal(9)


def test_time_of_the_database_comes_back_as_an_aware_datetime() -> None:
    run = SweepRun.objects.create(started_at=datetime(2026, 12, 1, tzinfo=UTC))
    (changed,) = update_returning(SweepRun.objects.filter(pk=run.pk), finished_at=Now())
    assert changed.finished_at is not None
    assert changed.finished_at.utcoffset() is not None


def test_nothing_to_change() -> None:
    assert update_returning(Plan.objects.filter(pk=0), name="x") == []
