"""Create an API token for a program."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from accounts.tokens import LIFETIME_DAYS, LONGEST_LIFETIME_DAYS, make_token
from foundation.api.scopes import all_scopes, earlier_scopes


class Command(BaseCommand):
    help = "Print a new API token of a user. It is shown once; the database holds only its hash."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--expires-days", type=int, default=LIFETIME_DAYS, help="default: %(default)s")
        parser.add_argument("--name", default="", help="what it is for, shown in the admin")
        parser.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            choices=sorted(scope.name for scope in all_scopes()),
            help="may be repeated; default: reading and changing subscriptions and notifications",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["expires_days"] <= LONGEST_LIFETIME_DAYS:
            raise CommandError(f"--expires-days takes 1 to {LONGEST_LIFETIME_DAYS}")
        model = get_user_model()
        user = model._base_manager.filter(**{model.USERNAME_FIELD: options["username"]}).first()
        if user is None:
            raise CommandError(f"there is no user {options['username']}")
        if not user.is_active:
            raise CommandError(f"the account of {options['username']} is not active, so its tokens would be refused")
        scopes = options["scopes"] or earlier_scopes()
        _, token = make_token(user, options["expires_days"], name=options["name"], scopes=scopes)
        self.stdout.write(token)
