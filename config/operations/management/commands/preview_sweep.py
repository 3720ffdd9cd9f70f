"""Preview the next sweep: run one batch, render its mails, roll back."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from foundation import clock
from foundation.email_addresses import UndeliverableAddress
from foundation.instant import InvalidInstant, parse_instant
from notifications.coverage import Coverage
from notifications.models import Channel, Notification, State
from notifications.ses import eligibility
from notifications.ses.mail import Mail
from notifications.ses.rendering import render_mail
from subscriptions.models import Subscription, Transition
from subscriptions.services import SubscriptionService

LIMIT = 20
RENDERED = ("event__subscription__user__profile", "event__subscription__plan")


class Command(BaseCommand):
    help = "Show the subscriptions that would expire at an instant, and their mails. Changes nothing, sends nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--at", metavar="INSTANT", help="for example 2026-12-31T00:00Z; default: now")
        parser.add_argument("--limit", type=int, default=LIMIT, help=f"maximum number, oldest first; default: {LIMIT}")
        parser.add_argument("--folder", type=Path, help="write the mails as text and HTML to this folder")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit must be at least 1")
        try:
            at = parse_instant(options["at"]) if options["at"] else clock.now()
        except InvalidInstant as error:
            raise CommandError(str(error)) from error
        with transaction.atomic():
            expired = Subscription.objects.due(at).claim(options["limit"])
            SubscriptionService.expire_claimed(expired, now=at)
            mails = list(_mails_to(expired))
            self._tell(mails, Coverage.of(mails, at), options["folder"])
            remaining = Subscription.objects.due(at).count()
            transaction.set_rollback(True)
        self.stdout.write(f"{len(expired)} would expire, and {remaining} more; nothing was changed or sent")

    def _tell(self, mails: Sequence[Notification], coverage: Coverage, folder: Path | None) -> None:
        withheld = eligibility.withheld(mails, coverage)
        for mail in mails:
            subscription = mail.cause.subscription
            ends = f"{subscription.access_end:%Y-%m-%d %H:%MZ}"
            self.stdout.write(f"{subscription} of user {subscription.user_id} ends {ends}")
            if outcome := withheld.get(mail.pk):
                self.stdout.write(f"no mail: {outcome.error}\n")
            # On Lambda the output goes to the log, which must hold no e-mail addresses.
            elif not settings.ON_LAMBDA:
                self._show(mail, coverage, folder)

    def _show(self, notification: Notification, coverage: Coverage, folder: Path | None) -> None:
        try:
            mail = render_mail(notification, coverage)
        except UndeliverableAddress as error:
            self.stdout.write(f"no mail: {error}\n")
            return
        if folder is None:
            self.stdout.write(_as_text(mail))
        else:
            self.stdout.write(f"see {_write(mail, folder, notification.cause.subscription_id)}")


def _mails_to(expired: Iterable[Subscription]) -> Iterable[Notification]:
    mails = Notification.objects.filter(
        event__subscription__in=expired, event__transition=Transition.EXPIRED, state=State.PENDING, channel=Channel.SES
    )
    latest = {mail.cause.subscription_id: mail for mail in mails.select_related(*RENDERED).order_by("event")}
    return latest.values()


def _write(mail: Mail, folder: Path, subscription: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"subscription-{subscription}.html"
    page.write_text(mail.html, encoding="utf-8")
    page.with_suffix(".txt").write_text(_as_text(mail), encoding="utf-8")
    return page


def _as_text(mail: Mail) -> str:
    return f"To: {mail.recipient}\nSubject: {mail.subject}\n\n{mail.text}"
