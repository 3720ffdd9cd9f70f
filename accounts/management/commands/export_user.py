"""Export what is stored about a user."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.export import as_json, export_user
from accounts.user_lookup import find_user
from foundation import clock


class Command(BaseCommand):
    help = "Print what is stored about a user, as JSON: the same that they can download from their account page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name, or primary key with --key")
        parser.add_argument("--key", action="store_true", help="the user is given by primary key")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["user"], is_key=options["key"])
        if user is None:
            raise CommandError("there is no such user")
        self.stdout.write(as_json(export_user(user, clock.now())))
