"""Run migrations with a deployment's limits from a machine that reaches the database.

Needed for a migration that takes longer than a Lambda invocation.
"""

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.operations.release_migrations import Clock, MigrationFailed, ReleaseMigrations


class Command(BaseCommand):
    help = "Apply all migrations without blocking other sessions on a lock. The last line of output is a JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=int, help="time limit; none by default")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = ReleaseMigrations(_countdown(options["seconds"])).run()
        except MigrationFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n" + json.dumps(outcome.as_dict()))
        if outcome.stopped_by:
            raise CommandError(
                f"stopped by: {outcome.stopped_by}; {len(outcome.remaining)} migrations remain. Run it again."
            )


def _countdown(seconds: int | None) -> Clock:
    end = None if seconds is None else time.monotonic() + seconds
    return lambda: None if end is None else timedelta(seconds=end - time.monotonic())
