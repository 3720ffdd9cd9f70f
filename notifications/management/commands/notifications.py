"""Operation of the outbox: list and show notifications, send them again, publish events once more.

Prints nothing that tells who somebody is: on Lambda the output is in the log.
"""

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from foundation.instant import InvalidInstant, parse_instant
from foundation.mail import mail_kinds
from notifications import channel_registry
from notifications.channels import lookup
from notifications.models import MESSAGE, REMINDER, Notification, State
from notifications.outbox import claims
from notifications.outbox.filters import Selection
from subscriptions.models import Transition

PRIVATE = {"address", "user_key", "stored_subject", "stored_text", "stored_html", "reply_to"}
"""Columns that tell who somebody is, or what somebody reads."""
LISTED = 50
CHANGED = 1_000
"""Rows of one UPDATE, and of one call; call again for the rest."""


class Command(BaseCommand):
    help = "List and show notifications, send failed and unknown ones again, and publish events once more."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|retry|replay")
        _selecting(actions.add_parser("list", help="print one line per notification, newest first"), LISTED)
        show = actions.add_parser(
            "show", help="print one notification without personal data, and its event as it is published"
        )
        show.add_argument("id", type=int, help="primary key")
        retry = actions.add_parser(
            "retry", help="send failed ones again; with --state unknown those that may have arrived"
        )
        replay = actions.add_parser("replay", help="publish finished SNS events once more, under the same id")
        for action in (retry, replay):
            _selecting(action, CHANGED)
            action.add_argument("--apply", action="store_true", help="send or publish; without this, list only")

    def handle(self, *args: Any, **options: Any) -> None:
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self._list,
            "show": self._show,
            "retry": self._retry,
            "replay": self._replay,
        }
        actions[options["action"]](options)

    def _list(self, options: dict[str, Any]) -> None:
        self._print(list(_selection(options).rows()[: options["limit"]]))

    def _show(self, options: dict[str, Any]) -> None:
        row = Notification.objects.select_related("event__subscription__plan").filter(pk=options["id"]).first()
        if row is None:
            raise CommandError(f"there is no notification {options['id']}; `notifications list` shows the newest")
        for field in (field for field in Notification._meta.concrete_fields if field.name not in PRIVATE):
            self.stdout.write(f"{field.name + ':':<14}{_said(field.value_from_object(row))}".rstrip())
        self.stdout.write(f"{'kind:':<14}{row.kind}")
        channel = lookup.find(row.channel)
        if channel and (published := channel.published(row)):
            self.stdout.write(published)

    def _retry(self, options: dict[str, Any]) -> None:
        states = options["state"] or [State.FAILED]
        if refused := set(states) - set(claims.SENT_AGAIN):
            raise CommandError(f"{', '.join(sorted(refused))}: only failed and unknown ones are sent again")
        rows = self._chosen(options, states)
        if options["apply"]:
            numbers = [claims.send_again(_keys(rows, state), State(state)) for state in states]
            self.stdout.write(f"{sum(numbers)} go out with the next delivery")

    def _replay(self, options: dict[str, Any]) -> None:
        replayed = claims.replayed_channels()
        if options["channel"] and options["channel"] not in replayed:
            raise CommandError("only events are published once more; a mail that arrived would arrive twice")
        rows = self._chosen(options, options["state"] or claims.REPLAYED, replayed)
        if options["apply"]:
            self.stdout.write(f"{claims.replay([row.pk for row in rows])} go out with the next delivery")

    def _chosen(
        self, options: dict[str, Any], states: Collection[str], channels: Collection[str] = ()
    ) -> list[Notification]:
        selection = _selection(options)
        if selection.is_everything:
            raise CommandError("say which: --id, --state, --channel, --kind, --subscription, --since or --until")
        narrowed = replace(selection, states=tuple(states), channels=tuple(channels) or selection.channels)
        rows = list(narrowed.rows()[: options["limit"]])
        self._print(rows)
        if not options["apply"]:
            self.stdout.write("nothing was changed; add --apply to do it")
        return rows

    def _print(self, rows: Collection[Notification]) -> None:
        for row in rows:
            self.stdout.write(LINE.format(row=row, state=row.state, error=row.error).rstrip())
        self.stdout.write(f"{len(rows)} notifications")


LINE = "{row.pk:>10}  {row.channel} {row.kind:<11} {state:<10} {row.created_at:%Y-%m-%d %H:%M:%S}Z  {error}"


def _selecting(parser: ArgumentParser, limit: int) -> None:
    parser.add_argument("--id", type=int, nargs="+", default=[], help="primary keys")
    parser.add_argument("--state", nargs="+", choices=State.values, default=[])
    parser.add_argument("--channel", choices=channel_registry.names())
    kinds = (*Transition.values, REMINDER, MESSAGE, *(kind.name for kind in mail_kinds()))
    parser.add_argument("--kind", choices=kinds)
    parser.add_argument("--subscription", type=int, help="primary key")
    parser.add_argument("--since", type=_instant, metavar="INSTANT", help="created then or later: 2026-12-31T00:00Z")
    parser.add_argument("--until", type=_instant, metavar="INSTANT", help="created before then")
    parser.add_argument("--limit", type=_number, default=limit, help=f"at most so many; {limit}")


def _selection(options: dict[str, Any]) -> Selection:
    return Selection(
        ids=tuple(options["id"]),
        states=tuple(options["state"]),
        channels=(options["channel"],) if options["channel"] else (),
        kind=options["kind"],
        subscription=options["subscription"],
        since=options["since"],
        until=options["until"],
    )


def _keys(rows: Collection[Notification], state: str) -> list[int]:
    return [row.pk for row in rows if row.state == state]


def _said(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}Z"
    return "" if value is None else str(value)


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except InvalidInstant as error:
        raise ArgumentTypeError(str(error)) from error


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= CHANGED:
        raise ArgumentTypeError(f"a number from 1 to {CHANGED}")
    return int(text)
