"""Move the local stack's clock, for tests and demonstrations."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation import clock, local_clock
from foundation.instant import InvalidInstant, parse_instant

UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
LENGTH = re.compile(r"\+(?P<number>[0-9]{1,6})(?P<unit>[wdhm])")


class Command(BaseCommand):
    help = (
        "Move the local stack's clock for sweeps, reminders, pages and API; without arguments, show it. "
        "The outbox keeps the database's true time. Refused outside the local stack."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("by", nargs="?", type=_length, metavar="+30d", help="forward by a number of w, d, h or m")
        where.add_argument("--to", type=_instant, metavar="INSTANT", help="to this time, for example 2027-01-01T00:00Z")
        where.add_argument("--back", action="store_true", help="back to the true time")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._travel(options)
            self.stdout.write(self._place())
        except local_clock.LocalClockError as error:
            raise CommandError(f"{type(error).__name__}: {error}") from error

    def _travel(self, options: dict[str, Any]) -> None:
        if options["back"]:
            local_clock.go_back()
        elif options["to"]:
            local_clock.move_to(options["to"], clock.now())
        elif options["by"]:
            local_clock.move_on(options["by"])
        else:
            local_clock.refuse_elsewhere()

    def _place(self) -> str:
        if moved := clock.travelled():
            way = "ahead of" if moved > timedelta() else "behind"
            length = timedelta(seconds=round(abs(moved).total_seconds()))
            return f"The local clock is at {clock.now():%Y-%m-%d %H:%M:%S}Z, {length} {way} the true time."
        return f"The local clock is at the true time, {clock.now():%Y-%m-%d %H:%M:%S}Z."


def _length(text: str) -> timedelta:
    found = LENGTH.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is not a duration such as +30d, +12h or +90m")
    return timedelta(**{UNITS[found["unit"]]: int(found["number"])})


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except InvalidInstant as error:
        raise ArgumentTypeError(str(error)) from error
