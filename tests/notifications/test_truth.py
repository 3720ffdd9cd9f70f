"""Each mail is true when it is sent, for all subscriptions of its recipient, and mails keep their order."""

import re
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.db import transaction
from django.utils.formats import date_format
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from foundation import clock
from notifications.aws.results import Result, ResultKind
from notifications.models import Channel, Notification, State
from notifications.outbox import claims
from notifications.outbox.sending import make_calls
from notifications.reminders import Reminders
from notifications.ses import mailer
from subscriptions.errors import SubscriptionError
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.once]

DAY = timedelta(days=1)


class World:
    """User with two plans and an operator, and the mails in the order of sending."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        self.user, self.operator = make_user(), make_user()
        self.plans = [make_plan(name="Short", duration_days=3, reminder_days=[1]), make_plan(name="Long")]
        self.sent: list[int] = []
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(mailer, "send", self.send)

    def send(self, message: mailer.Message) -> Result:
        """Accept the mail as SES, and check that it is true."""
        row = Notification.objects.select_related("event__subscription__plan").get(pk=message.notification)
        body = message_from_bytes(message.mime, policy=policy.SMTP).get_body(("plain",))
        assert body is not None
        check(row, " ".join(body.get_content().split()), self.now)
        self.sent.append(row.pk)
        return Result(ResultKind.ACCEPTED, message_id="accepted")

    def deliver(self) -> None:
        while (claim := claims.claim(Channel.SES, 10)).notifications:
            assert len(claim.notifications) == 1
            claim.finish(make_calls(claim, Channel.SES, InThisThread()))

    def step(self, move: str, plan: Plan, actor: User | None) -> None:
        own = Subscription.objects.filter(user=self.user, plan=plan).last()
        if move == "subscribe":
            Service.create_subscription(self.user, plan, now=self.now, actor=actor)
        elif move in CHANGES and own:
            CHANGES[move](own, now=self.now, actor=actor)
        elif move == "pass":
            self.now += DAY
        elif move == "sweep":
            Service.sweep(now=self.now)
        elif move == "remind":
            Reminders(self.now, lambda: timedelta.max).run()
        elif move == "deliver":
            self.deliver()


class InThisThread(Executor):
    """Executor that runs each call at once, inside the test's own transaction."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


CHANGES: dict[str, Callable[..., Subscription]] = {
    "renew": Service.renew_subscription,
    "cancel": Service.cancel_subscription,
    "reactivate": Service.reactivate_subscription,
    "end": Service.cancel_now,
}


def check(row: Notification, said: str, now: datetime) -> None:
    """Compare the mail with the user's actual subscriptions."""
    event, own = row.cause, row.cause.subscription
    live = [one for one in Subscription.objects.filter(user=own.user_id, expired_at=None) if one.end_date > now]
    of_plan = [one for one in live if one.plan_id == own.plan_id]
    lasts = max((one.end_date for one in of_plan), default=None)
    if row.kind == "expired":
        assert not of_plan, said
    elif row.kind in ("cancelled", "reactivated", "reminder"):
        assert lasts == event.new_end_date, said
        assert (own.status == "cancelled") == ("is cancelled" in said or "have cancelled" in said), said
    elif match := re.search(r"lasts until (\w+\.? \d+, \d+, \d\d:\d\d)", said):
        assert lasts is not None, said
        assert written(lasts) == match[1], said
    if other := re.search(r"Your subscription to (\w+) gives you access until (\w+\.? \d+, \d+, \d\d:\d\d)", said):
        assert (other[1], other[2]) in {(one.plan.name, written(one.end_date)) for one in live if one != own}
    elif row.kind in ("expired", "cancelled", "reminder"):
        assert not [one for one in live if one.end_date > event.new_end_date and one != own], said
    assert ("as you wished" in said or "You have resumed" in said) <= (event.actor_id == own.user_id), said


def written(instant: datetime) -> str:
    """Return the date in the mails' format."""
    return f"{date_format(instant, 'DATE_FORMAT')}, {instant:%H:%M}"


def history(*moves: str, plan: int = 0) -> list[tuple[str, int, str | None]]:
    """Generate moves of the user with one plan, all before the first delivery."""
    return [(move, plan, "user") for move in moves]


moves = st.sampled_from(["subscribe", "subscribe", "pass", "pass", "sweep", "remind", "deliver", *CHANGES])
steps = st.lists(st.tuples(moves, st.integers(0, 1), st.sampled_from(["user", "operator", None])), max_size=30)


@settings(max_examples=60, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(steps=steps)
@example(steps=history("subscribe", "cancel", "reactivate", "renew"))
@example(steps=history("subscribe", "pass", "end", "subscribe"))
@example(steps=history("subscribe", "cancel", "pass", "pass", "pass"))
@example(steps=history("subscribe", "pass", "pass", "remind", "cancel", "deliver", "reactivate"))
@example(steps=[*history("subscribe"), *history("subscribe", "cancel", "end", plan=1)])
def test_every_mail_is_true_when_it_is_sent_and_in_order(steps: list[tuple[str, int, str | None]]) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch, transaction.atomic():
        live_through(World(monkeypatch), steps)
        transaction.set_rollback(True)


def live_through(world: World, steps: list[tuple[str, int, str | None]]) -> None:
    for move, plan, actor in steps:
        with suppress(SubscriptionError):
            world.step(move, world.plans[plan], getattr(world, actor) if actor else None)
    world.deliver()
    mails = Notification.objects.filter(channel=Channel.SES)
    assert world.sent == sorted(world.sent)
    assert set(mails.values_list("state", flat=True)) <= {State.SENT, State.OBSOLETE}
    receipts = mails.filter(event__transition__in=["created", "renewed"], days_before=None)
    assert not receipts.exclude(state=State.SENT).exists()
