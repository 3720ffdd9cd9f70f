"""Create an API token for a program."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from accounts.tokens import LIFETIME_DAYS, LONGEST_LIFETIME_DAYS, make_token


class Command(BaseCommand):
    help = "Print a new API token of a user. It is shown once; the database holds only its hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--expires-days", type=int, default=LIFETIME_DAYS, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["expires_days"] <= LONGEST_LIFETIME_DAYS:
            raise CommandError(f"--expires-days takes 1 to {LONGEST_LIFETIME_DAYS}")
        model = get_user_model()
        user = model._base_manager.filter(**{model.USERNAME_FIELD: options["username"]}).first()
        if user is None:
            raise CommandError(f"there is no user {options['username']}")
        _, token = make_token(user, options["expires_days"])
        self.stdout.write(token)
