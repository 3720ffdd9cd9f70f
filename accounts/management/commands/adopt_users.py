"""Adopt the users of a database that the release before this one migrated."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from accounts.adoption import UnknownUserTable, adopt_users


class Command(BaseCommand):
    help = "Adopt users and permissions that the release before wrote. migrate does this first. Idempotent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            adoption = adopt_users(options["database"])
        except UnknownUserTable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{adoption.recorded} migrations recorded, {adoption.granted} permissions granted, "
            f"{adoption.log_entries} log entries moved."
        )
