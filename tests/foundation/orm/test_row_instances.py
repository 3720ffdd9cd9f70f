"""Instances from rows are those that Django loads, without its signals."""

import pytest
from django.contrib.auth.models import Group
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_init
from pytest_django.fixtures import DjangoAssertNumQueries

from foundation.orm.row_instances import instances_of

pytestmark = pytest.mark.django_db

OURS = Group.objects.filter(name__in=["a", "b"]).order_by("name")


def groups(*columns: str) -> list[Group]:
    rows = OURS.values_list(*columns)
    return instances_of(Group, DEFAULT_DB_ALIAS, columns, rows)


@pytest.fixture(autouse=True)
def _groups() -> None:
    Group.objects.bulk_create([Group(name="a"), Group(name="b")])


def test_instances_equal_those_that_django_loads() -> None:
    loaded = list(OURS.all())
    made = groups("id", "name")
    assert made == loaded
    for ours, djangos in zip(made, loaded, strict=True):
        assert {**vars(ours), "_state": None} == {**vars(djangos), "_state": None}
        assert vars(ours._state) == vars(djangos._state)


def test_what_was_not_read_is_read_when_asked_for(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    first, _second = groups("id")
    assert first.get_deferred_fields() == {"name"}
    with django_assert_num_queries(1):
        assert (first.name, first.name) == ("a", "a")


def test_values_after_the_columns_are_left_out() -> None:
    rows = OURS.values_list("id", "name")
    first, _second = instances_of(Group, DEFAULT_DB_ALIAS, ["id"], rows)
    assert first.get_deferred_fields() == {"name"}


def test_instance_is_saved_and_keeps_relations_like_any_other() -> None:
    first, _second = groups("id", "name")
    first.name = "c"
    first.save()
    assert Group.objects.get(name="c") == first
    assert not first.permissions.exists()


def test_no_signal_is_sent() -> None:
    sent = []

    def note(**kwargs: object) -> None:
        sent.append(kwargs)

    post_init.connect(note, sender=Group)
    try:
        groups("id", "name")
    finally:
        post_init.disconnect(note, sender=Group)
    assert sent == []
