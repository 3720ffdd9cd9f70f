"""Command for an account whose owner has lost the second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import two_factor
from accounts.user_lookup import find_user


class Command(BaseCommand):
    help = "Remove a user's authenticator app and recovery codes, so that the password alone signs in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("user", help="user name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = find_user(options["user"])
        if user is None:
            raise CommandError(f"there is no user {options['user']}")
        had_one = two_factor.has_second_factor(user)
        two_factor.turn_off(user)
        self.stdout.write("Removed." if had_one else "There was none.")
