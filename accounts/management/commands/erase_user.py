"""Erase a user."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.erasure import erase_user
from accounts.models.profile import LONGEST_REASON
from accounts.user_lookup import find_user
from foundation import clock


class Command(BaseCommand):
    help = "End a user's subscriptions at once, and overwrite what names them. Cannot be undone; repeating is harmless."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name, or primary key with --key")
        parser.add_argument("--key", action="store_true", help="the user is given by primary key")
        parser.add_argument("--reason", required=True, help="recorded; name nobody in it")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if len(options["reason"]) > LONGEST_REASON:
            raise CommandError(f"--reason takes at most {LONGEST_REASON} characters")
        user = find_user(options["user"], is_key=options["key"])
        if user is None:
            raise CommandError("there is no such user")
        if not options["yes"] and input(f"Erase user {user.pk} for good? Type yes: ") != "yes":
            raise CommandError("nothing was done")
        done = erase_user(user.pk, clock.now(), reason=options["reason"])
        self.stdout.write(f"Erased user {user.pk}." if done else f"User {user.pk} was erased before.")
