"""Trigram index of users: made where PostgreSQL lets us, and asked for before parts are searched."""

import logging
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection

from accounts import search_index
from accounts.admin.user_search import find_by_part
from tests.support.factories import make_user

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]

LIMITED = "role_without_create"


@pytest.fixture
def without_index() -> Iterator[None]:
    """Drop the index and the extension, and make them again."""
    change(add=False)
    execute("DROP EXTENSION pg_trgm")
    yield
    change(add=True)


@pytest.fixture
def limited_role(without_index: None) -> Iterator[None]:
    """Act as a role that may not create extensions."""
    execute(f"CREATE ROLE {LIMITED}")
    execute(f"SET ROLE {LIMITED}")
    yield
    execute("RESET ROLE")
    execute(f"DROP ROLE {LIMITED}")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def change(*, add: bool) -> None:
    """Apply or revert the migration."""
    with connection.schema_editor(atomic=False) as editor:
        (search_index.add_search_index if add else search_index.remove_search_index)(apps, editor)


def test_migration_has_made_the_index_and_repeats_itself() -> None:
    assert search_index.parts_are_indexed()
    change(add=True)
    assert search_index.parts_are_indexed()
    change(add=False)
    assert not search_index.parts_are_indexed()
    change(add=True)


def test_search_reads_the_index() -> None:
    ada = make_user(username="ada", email="lovelace@example.com")
    assert find_by_part("OVELAC") == [ada.pk]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(
            f"EXPLAIN SELECT id FROM {get_user_model()._meta.db_table}"  # noqa: S608 - our own name
            " WHERE UPPER(username::text) LIKE UPPER('%ovelac%') OR UPPER(email::text) LIKE UPPER('%ovelac%')"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert plan.count(f"Bitmap Index Scan on {search_index.NAME}") == 2


def test_role_that_may_not_create_the_extension_is_told_the_statements(
    limited_role: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        change(add=True)
    assert not search_index.parts_are_indexed()
    (record,) = [record for record in caplog.records if record.name == search_index.__name__]
    extension, *_drop, create = vars(record)["statements"]
    execute("RESET ROLE")
    execute(extension)
    execute(create)
    assert search_index.parts_are_indexed()
