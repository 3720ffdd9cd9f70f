"""Every combination of some values, in one statement."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation.orm.insert_product import insert_product

pytestmark = pytest.mark.django_db
Granted = Group.permissions.through


def test_every_combination_is_inserted_in_one_statement() -> None:
    groups = [Group.objects.create(name=name).pk for name in ("a", "b", "c")]
    permissions = list(Permission.objects.order_by("pk").values_list("pk", flat=True)[:2])
    with CaptureQueriesContext(connection) as queries:
        insert_product(Granted, {"group": groups, "permission": permissions})
    assert len(queries) == 1
    rows = Granted.objects.filter(group__in=groups).values_list("group", "permission")
    assert sorted(rows) == sorted((group, permission) for group in groups for permission in permissions)


def test_text_may_be_a_value_and_nothing_of_it_is_sql() -> None:
    names = ["x'); --", 'a "quoted" one, {with braces}', "Ünïcode \\ %s"]
    insert_product(Group, {"name": names})
    assert set(Group.objects.filter(name__in=names).values_list("name", flat=True)) == set(names)


def test_no_value_no_row() -> None:
    before = Granted.objects.count()
    insert_product(Granted, {"group": [], "permission": [1]})
    assert Granted.objects.count() == before


def test_what_a_unique_key_refuses_is_an_error() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_product(Group, {"name": ["same", "same"]})


def test_field_that_does_not_exist_is_named() -> None:
    with pytest.raises(FieldDoesNotExist, match="title"):
        insert_product(Group, {"title": ["a"]})
