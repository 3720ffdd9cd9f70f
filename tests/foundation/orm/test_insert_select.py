"""INSERT ... SELECT from a queryset."""

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from foundation.orm.insert_select import insert_select, insert_select_returning

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def three_groups() -> None:
    Group.objects.all()._raw_delete(connection.alias)  # the rules for managed groups are tested elsewhere
    Group.objects.bulk_create(Group(name=name) for name in ("a", "b", "c"))


def test_rows_of_a_query_are_inserted_in_one_statement_and_their_keys_returned() -> None:
    copies = Group.objects.filter(name__in=["a", "b"]).values_list(Concat("name", Value(" again")))
    with CaptureQueriesContext(connection) as queries:
        keys = insert_select_returning(Group, ["name"], copies)
    assert len(queries) == 1
    assert set(Group.objects.filter(pk__in=keys).values_list("name", flat=True)) == {"a again", "b again"}


def test_empty_query_inserts_nothing() -> None:
    assert insert_select_returning(Group, ["name"], Group.objects.filter(name="z").values_list("name")) == []


def test_conflict_is_an_error_unless_it_is_to_be_ignored() -> None:
    same = Group.objects.filter(name="a").values_list("name")
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_select(Group, ["name"], same)
    insert_select(Group, ["name"], same, ignore_conflicts=True)
    assert Group.objects.filter(name="a").count() == 1


def test_field_that_is_no_column_is_named() -> None:
    with pytest.raises(FieldDoesNotExist, match=r"permissions is not a column of auth\.Group"):
        insert_select(Group, ["permissions"], Group.objects.filter(name="a").values_list("pk"))
