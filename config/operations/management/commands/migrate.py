"""Django's `migrate` with a limit on how long a statement may wait for a lock while others queue behind it."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from accounts.adoption import adopt_users
from foundation.schema.migration_limits import MigrationLimits


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with MigrationLimits(connections[options["database"]], lambda: None).held():
            if not (options["plan"] or options["check_unapplied"]):
                adopt_users(options["database"])
            super().handle(*args, **options)
