"""List the users who have several live subscriptions to one plan, and join them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import clock
from subscriptions.overlaps import find_overlaps, join_overlap


class Command(BaseCommand):
    help = "List the users who have several live subscriptions to one plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fix", action="store_true", help="keep the one that ends last and end the others")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        overlaps = find_overlaps(now)
        for user, plan in overlaps:
            kept = f"; joined into {join_overlap(user, plan, now=now)}" if options["fix"] else ""
            self.stdout.write(f"user {user}: several live subscriptions to plan {plan}{kept}")
        if overlaps and not options["fix"]:
            raise CommandError(f"{len(overlaps)} overlaps. Run again with --fix.")
        self.stdout.write(f"Joined {len(overlaps)} overlaps." if overlaps else "No overlaps.")
