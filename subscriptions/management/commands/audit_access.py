"""Compare everybody's group with their subscriptions."""

from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import clock
from subscriptions.access.managed_groups import GROUP
from subscriptions.access.membership import find_mismatches, repair

BATCH_SIZE = 1_000


class Command(BaseCommand):
    help = f"List the users whose membership of the group {GROUP} does not match their subscriptions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="make the memberships match")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        mismatches = find_mismatches(now)
        for user in mismatches.stale:
            self.stdout.write(f"user {user}: has access without a live subscription")
        for user in mismatches.missing:
            self.stdout.write(f"user {user}: has a live subscription without access")
        users = iter(mismatches.stale + mismatches.missing)
        found = len(mismatches.stale) + len(mismatches.missing)
        if found and not options["fix"]:
            raise CommandError(f"{found} users do not match; run again with --fix")
        while batch := list(islice(users, BATCH_SIZE)):
            repair(batch, now)
        self.stdout.write(f"Fixed {found} users." if found else "All memberships match.")
