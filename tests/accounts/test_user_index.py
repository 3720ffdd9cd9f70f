"""Index on a table of another app."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import BooleanField, CharField, Index
from django.db.models.functions import Upper

from accounts.user_index import UserIndex

pytestmark = pytest.mark.django_db(transaction=True)

NAME = get_user_model().USERNAME_FIELD


@pytest.fixture
def index() -> Iterator[UserIndex]:
    """Return an index that fits every user model."""
    made = UserIndex(Index(Upper(NAME), name="user_by_upper_name"), {NAME: CharField})
    yield made
    change(made, add=False)


def change(index: UserIndex, *, add: bool) -> None:
    """Apply or revert the index migration."""
    with connection.schema_editor() as editor:
        (index.add if add else index.remove)(apps, editor)


def names() -> set[str]:
    """Return the indexes and constraints of the user table."""
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, get_user_model()._meta.db_table))


def test_index_comes_and_goes_and_may_be_there_already(index: UserIndex) -> None:
    for _repeated in range(2):
        change(index, add=True)
        assert "user_by_upper_name" in names()
    for _repeated in range(2):
        change(index, add=False)
        assert "user_by_upper_name" not in names()


@pytest.mark.parametrize("column", ["no_such_field", "groups", "password"])
def test_table_without_such_a_column_is_left_as_it_is(column: str) -> None:
    before = names()
    index = UserIndex(Index(Upper(column), name="user_by_what"), {NAME: CharField, column: BooleanField})
    change(index, add=True)
    assert names() == before
    change(index, add=False)
