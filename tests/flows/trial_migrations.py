"""Migrations written by a test, for an app without its own."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import override_settings

APP = "config"
MODULE = "trial_migrations_of_a_test"
TEMPLATE = """
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from tests.flows.trial_migrations import CLOCK

class Migration(migrations.Migration):
    atomic = {atomic}
    dependencies = {dependencies}
    operations = [{operations}]
"""

CLOCK = {"seconds": 0}
"""Time left, for migrations that consume some."""
FIELDS = '("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())'
TABLE = f'migrations.CreateModel("Trial", [{FIELDS}])'
"""Operation that creates the table of `config.Trial`, config_trial."""
COLUMN = 'migrations.AddField("Trial", "extra", models.IntegerField(null=True))'


@contextmanager
def migrations_of(directory: Path, **operations: str) -> Iterator[None]:
    """Give the app these migrations; names ending in `_online` are not atomic."""
    package = directory / MODULE
    package.mkdir()
    (package / "__init__.py").touch()
    for name, text in _files(operations).items():
        (package / f"{name}.py").write_text(text)
    sys.path.insert(0, str(directory))
    try:
        with override_settings(MIGRATION_MODULES={APP: MODULE}):
            yield
    finally:
        sys.path.remove(str(directory))
        for name in [name for name in sys.modules if name.startswith(MODULE)]:
            del sys.modules[name]
        _forget()


def _files(operations: Mapping[str, str]) -> dict[str, str]:
    before: list[tuple[str, str]] = []
    files = {}
    for name, text in operations.items():
        files[name] = TEMPLATE.format(atomic=not name.endswith("_online"), dependencies=before, operations=text)
        before = [(APP, name)]
    return files


def _forget() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS config_trial")
    MigrationRecorder(connection).migration_qs.filter(app=APP).delete()
