"""Lookup with thousands of values in one parameter."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from foundation.orm.any_of import any_of
from foundation.throttling.models import RequestCount
from notifications.models import Notification
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_these_groups() -> list[Group]:
    Group.objects.all()._raw_delete(connection.alias)  # the rules for managed groups are tested elsewhere
    return Group.objects.bulk_create(Group(name=name) for name in ("a", "b", "c"))


def test_it_finds_what_in_finds(only_these_groups: list[Group]) -> None:
    keys = [only_these_groups[0].pk, only_these_groups[2].pk, 987_654_321_987]
    assert set(Group.objects.filter(any_of("pk", keys))) == set(Group.objects.filter(pk__in=keys))
    assert set(Group.objects.exclude(any_of("pk", keys)).values_list("name", flat=True)) == {"b"}


def test_nothing_is_one_of_none() -> None:
    assert not Group.objects.filter(any_of("pk", [])).exists()


def test_it_goes_with_update_and_delete_and_other_conditions(only_these_groups: list[Group]) -> None:
    keys = {group.pk for group in only_these_groups[:2]}
    assert Group.objects.filter(any_of("pk", keys), name="b").update(name="d") == 1
    assert Group.objects.filter(any_of("pk", keys)).delete()[0] == 2
    assert Group.objects.get().name == "c"


def test_more_values_than_sqlite_has_parameters_are_one_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert Group.objects.filter(any_of("pk", range(300_000))).count() <= 3
    assert len(queries) == 1


def test_a_key_that_is_no_integer_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        Group.objects.filter(any_of("pk", ["1}'::text[]; --"])).exists()


def test_texts_are_compared_whole_whatever_they_hold() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    texts = ["plain", "quo'te", 'double"quote', "back\\slash", "{brace,comma}", "ü", "NULL"]
    for text in texts:
        RequestCount.objects.create(bucket=text, window_start=now, requests=1)
    found = RequestCount.objects.filter(any_of("pk", [*texts[1:], "plai", "plain and more" * 10]))
    assert set(found.values_list("bucket", flat=True)) == set(texts[1:])


def test_uuids_are_found() -> None:
    subscription = Service.create_subscription(make_user(), make_plan(), now=NOW)
    token = uuid4()
    Notification.objects.filter(event__subscription=subscription).update(lease_token=token)
    assert Notification.objects.filter(any_of("lease_token", [uuid4(), token])).count() == 2
    assert not Notification.objects.filter(any_of("lease_token", [uuid4()])).exists()
