"""Migration operation that lets a foreign key be empty, and back."""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.operations import CreateModel
from django.db.migrations.state import ProjectState
from django.db.models import PROTECT, BigAutoField, ForeignKey

from foundation.schema.optional_keys import MakeKeyOptional

APP = "config"
TABLES = (
    CreateModel("House", [("id", BigAutoField(primary_key=True))]),
    CreateModel("Door", [("id", BigAutoField(primary_key=True)), ("house", ForeignKey("config.house", PROTECT))]),
)
OPTIONAL = MakeKeyOptional("door", "house", ForeignKey("config.house", PROTECT, null=True))
KEYS = "SELECT oid FROM pg_constraint WHERE contype = 'f' AND conrelid = 'config_door'::regclass"


@pytest.fixture
def state() -> Iterator[ProjectState]:
    """Create both tables in a committed transaction."""
    state = ProjectState()
    for table in TABLES:
        before = state.clone()
        table.state_forwards(APP, state)
        with connection.schema_editor() as editor:
            table.database_forwards(APP, editor, before, state)
    yield state
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE config_door")
        cursor.execute("DROP TABLE config_house")


def allows_none() -> bool:
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "config_door")
    return next(bool(column.null_ok) for column in columns if column.name == "house_id")


def keys() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(KEYS)
        return [key for (key,) in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_key_becomes_optional_and_required_again(state: ProjectState) -> None:
    after = state.clone()
    OPTIONAL.state_forwards(APP, after)
    with connection.schema_editor() as editor:
        OPTIONAL.database_forwards(APP, editor, state, after)
    assert allows_none()
    with connection.schema_editor() as editor:
        OPTIONAL.database_backwards(APP, editor, after, state)
    assert not allows_none()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_key_itself_stays_so_that_no_row_is_read(state: ProjectState) -> None:
    after, before = state.clone(), keys()
    OPTIONAL.state_forwards(APP, after)
    with connection.schema_editor() as editor:
        OPTIONAL.database_forwards(APP, editor, state, after)
    assert len(before) == 1
    assert keys() == before
