"""List the accounts that share a name or an address, and those without an address."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from accounts.duplicates import UNIQUE_FIELDS, end_exemptions, find_duplicates
from accounts.models import User

NAMES = {"email": "address", "username": "name"}


class Command(BaseCommand):
    help = "List the accounts that share a name or an address with an older one, and those without an address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="forbid duplicates of accounts that are unique by now")

    def handle(self, *args: Any, **options: Any) -> None:
        if get_user_model() is not User:
            raise CommandError("AUTH_USER_MODEL names another model. Its own app decides what is unique.")
        accounts = User._base_manager.all()
        ended = end_exemptions(accounts) if options["fix"] else 0
        duplicates = [each for field in UNIQUE_FIELDS for each in find_duplicates(accounts, field)]
        for each in duplicates:
            self.stdout.write(f"account {each.account}: has the {NAMES[each.field]} of account {each.older}")
        for key in accounts.filter(email="").order_by("pk").values_list("pk", flat=True):
            self.stdout.write(f"account {key}: has no address")
        if options["fix"]:
            self.stdout.write(f"{ended} accounts are unique again.")
        if duplicates:
            raise CommandError(f"{len(duplicates)} duplicates. Change or delete them, then run again with --fix.")
