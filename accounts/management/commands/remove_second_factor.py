"""Command for an account whose owner has lost the second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models.profile import LONGEST_REASON
from accounts.second_factor_removal import remove_second_factor
from accounts.user_lookup import find_user


class Command(BaseCommand):
    help = "Remove a user's authenticator app and recovery codes, so that the password alone signs in. Ends sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name")
        parser.add_argument("--reason", required=True, help="recorded in the admin's log; name nobody in it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= len(options["reason"].strip()) <= LONGEST_REASON:
            raise CommandError(f"--reason takes 1 to {LONGEST_REASON} characters")
        user = find_user(options["user"])
        if user is None:
            raise CommandError(f"there is no user {options['user']}")
        removed = remove_second_factor(user.pk, actor=None, reason=options["reason"])
        self.stdout.write("Removed." if removed else "There was none.")
