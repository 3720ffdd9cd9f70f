"""The sweep, by hand."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import clock
from foundation.instant import InvalidInstant, parse_instant
from subscriptions.access.managed_groups import restore_groups
from subscriptions.errors import SweepAborted
from subscriptions.models import Subscription
from subscriptions.models.subscription import access_end
from subscriptions.services import SubscriptionService


class Command(BaseCommand):
    help = "Expire the subscriptions that are due, as the schedule does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would expire")
        parser.add_argument(
            "--at",
            metavar="INSTANT",
            help="judge by this instant, for example 2026-12-31T00:00Z; a future one only with --dry-run",
        )
        parser.add_argument("--limit", type=int, help="expire at most so many")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        try:
            at = parse_instant(options["at"]) if options["at"] else now
        except InvalidInstant as error:
            raise CommandError(str(error)) from error
        if at > now and not options["dry_run"]:
            raise CommandError(f"{at} is still to come, and what is paid for cannot end; add --dry-run")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit takes a number from 1 on")
        if options["dry_run"]:
            self._tell(at, options["limit"])
        else:
            self._sweep(at, options["limit"])

    def _tell(self, at: datetime, limit: int | None) -> None:
        due = Subscription.objects.due(at).order_by(access_end(), "pk")[:limit]
        for subscription in due.iterator():
            self.stdout.write(
                f"{subscription} of user {subscription.user_id} ends {subscription.access_end:%Y-%m-%d %H:%MZ}"
            )
        self.stdout.write(f"would expire {due.count()}; nothing was changed")

    def _sweep(self, at: datetime, limit: int | None) -> None:
        for name in restore_groups():
            self.stderr.write(f"the group {name} was missing and was created again; run audit_access --fix")
        try:
            run = SubscriptionService.sweep(now=at, limit=limit)
        except SweepAborted as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"expired {run.expired}, failed {run.failed}, remaining {run.remaining} ({run})")
        for subscription, error_text in run.failures.items():
            self.stderr.write(f"subscription {subscription}: {error_text}")
        if run.failed:
            raise CommandError(f"{run.failed} could not be expired; they stay due and are tried again by the next run")
