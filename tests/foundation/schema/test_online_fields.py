"""Migration operations that add a column first and its check later."""

from collections.abc import Iterator

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import BigAutoField, PositiveSmallIntegerField
from django.test.utils import CaptureQueriesContext

from foundation.schema.online_fields import AddFieldUnchecked, CheckFieldOnline

APP = "config"
TABLE = CreateModel("Box", [("id", BigAutoField(primary_key=True))])
ADD = AddFieldUnchecked("box", "size", PositiveSmallIntegerField(default=3, db_default=3))
CHECK = CheckFieldOnline("box", "size")
CHECKS = """
    SELECT conname, convalidated FROM pg_constraint WHERE contype = 'c' AND conrelid = 'config_box'::regclass
"""


@pytest.fixture
def state() -> Iterator[ProjectState]:
    """Create a table with one row in committed transactions."""
    empty, state = ProjectState(), ProjectState()
    TABLE.state_forwards(APP, state)
    with connection.schema_editor() as editor:
        TABLE.database_forwards(APP, editor, empty, state)
    run("INSERT INTO config_box (id) VALUES (1)")
    yield state
    run("DROP TABLE config_box")


def run(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def apply(operation: Operation, state: ProjectState, *, atomic: bool = True) -> ProjectState:
    after = state.clone()
    operation.state_forwards(APP, after)
    with connection.schema_editor(atomic=atomic) as editor:
        operation.database_forwards(APP, editor, state, after)
    return after


def assert_checked() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        run("INSERT INTO config_box (id, size) VALUES (2, -1)")


@pytest.mark.django_db(transaction=True)
def test_old_and_new_rows_have_the_default_and_the_check(state: ProjectState) -> None:
    apply(CHECK, apply(ADD, state), atomic=False)
    run("INSERT INTO config_box (id) VALUES (2)")
    assert run("SELECT size FROM config_box ORDER BY id") == [(3,), (3,)]
    assert_checked()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_column_comes_without_a_check_so_that_no_row_is_read(state: ProjectState) -> None:
    apply(ADD, state)
    assert run(CHECKS) == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_check_has_the_name_and_is_validated_also_where_the_column_came_with_it(state: ProjectState) -> None:
    after = apply(ADD, state)
    run("ALTER TABLE config_box ADD CONSTRAINT config_box_size_check CHECK (size >= 0)")
    apply(CHECK, after, atomic=False)
    assert run(CHECKS) == [("config_box_size_check", True)]
    assert_checked()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_rows_are_read_by_a_statement_that_lets_others_write(state: ProjectState) -> None:
    after = apply(ADD, state)
    with CaptureQueriesContext(connection) as queries:
        apply(CHECK, after, atomic=False)
    kinds = [query["sql"].partition(" CHECK ")[2].rpartition(") ")[2] for query in queries if "ADD" in query["sql"]]
    assert kinds == ["NOT VALID"]
    assert queries[-1]["sql"].endswith('VALIDATE CONSTRAINT "config_box_size_check"')


@pytest.mark.django_db(transaction=True)
def test_column_goes_again_with_its_check(state: ProjectState) -> None:
    after = apply(ADD, state)
    apply(CHECK, after, atomic=False)
    with connection.schema_editor() as editor:
        CHECK.database_backwards(APP, editor, after, after)
        ADD.database_backwards(APP, editor, after, state)
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "config_box")
    assert [column.name for column in columns] == ["id"]
