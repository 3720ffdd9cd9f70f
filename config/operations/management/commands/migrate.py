"""Django's `migrate`, in which no statement makes others wait behind it for long."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from foundation.schema.migration_limits import MigrationLimits


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with MigrationLimits(connections[options["database"]], lambda: None).held():
            super().handle(*args, **options)
