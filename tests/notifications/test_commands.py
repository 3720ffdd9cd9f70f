"""`manage.py notifications`: a dry run by default, without personal data."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from notifications.models import Channel, Notification, State, database_time
from notifications.outbox.filters import Selection
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = pytest.mark.django_db


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("notifications", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def subscribe(state: State = State.SENT, error: str = "") -> Subscription:
    """Create a subscription with its event and mail in this state, the event first."""
    subscription = Service.create_subscription(
        make_user(email=f"somebody@{uuid4().hex}.example.com"), make_plan(), now=NOW
    )
    rows = Notification.objects.filter(event__subscription=subscription)
    rows.update(state=state, finished_at=database_time(), message_id="m-1", error=error)
    return subscription


def event_of(subscription: Subscription) -> Notification:
    return Notification.objects.get(event__subscription=subscription, channel=Channel.SNS)


def states() -> list[str]:
    return list(Notification.objects.order_by("pk").values_list("state", flat=True))


def ids(rows: Selection) -> list[int]:
    return [row.pk for row in rows.rows()]


def test_list_shows_the_newest_first_and_no_address() -> None:
    subscribe()
    subscribe(State.FAILED, "MessageRejected")
    first, *_, count = run("list", "--limit", 3).splitlines()
    assert first.split()[1:4] == ["sns", "created", "failed"]
    assert first.endswith("MessageRejected")
    assert count == "3 notifications"
    assert "somebody" not in run("list") + run("show", Notification.objects.latest("pk").pk)


def test_show_tells_all_fields_and_the_event_as_it_is_published() -> None:
    row = event_of(subscribe())
    *fields, published = run("show", row.pk).splitlines()
    assert {"state:        sent", "message_id:   m-1", "kind:         created"} <= set(fields)
    assert json.loads(published)["id"] == str(row.event_id)


def test_retry_is_a_dry_run_until_it_is_applied() -> None:
    failed = subscribe(State.FAILED)
    subscribe()
    said = run("retry", "--subscription", failed.pk)
    assert said.endswith("2 notifications\nnothing was changed; add --apply to do it\n")
    assert states() == ["failed", "failed", "sent", "sent"]
    assert run("retry", "--subscription", failed.pk, "--apply").endswith("2 go out with the next delivery\n")
    assert states() == ["pending", "pending", "sent", "sent"]


def test_unknown_ones_are_sent_again_only_by_name() -> None:
    unknown = subscribe(State.UNKNOWN)
    run("retry", "--subscription", unknown.pk, "--apply")
    assert states() == ["unknown", "unknown"]
    run("retry", "--subscription", unknown.pk, "--state", "unknown", "--apply")
    assert states() == ["pending", "pending"]


def test_replay_publishes_events_once_more_under_their_id_and_no_mails() -> None:
    subscription = subscribe()
    published = run("show", event_of(subscription).pk).splitlines()[-1]
    assert run("replay", "--kind", "created", "--apply").endswith("1 go out with the next delivery\n")
    mail, event = Notification.objects.order_by("channel")
    assert (mail.state, event.state, event.finished_at) == ("sent", "pending", None)
    assert run("show", event.pk).splitlines()[-1] == published


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry", "--apply"], "say which"),
        (["replay", "--apply"], "say which"),
        (["retry", "--id", 1, "--state", "sent"], "only failed and unknown"),
        (["retry", "--id", 1, "--state", "delivered", "failed"], "delivered: only failed and unknown"),
        (["replay", "--channel", "ses"], "would arrive twice"),
        (["show", 0], "there is no notification 0"),
        (["list", "--since", "yesterday"], "2026-12-31T00:00Z"),
        (["list", "--until", "2026-12-31T00:00"], "has no time zone"),
        (["list", "--limit", "0"], "a number from 1 to 1000"),
        (["list", "--state", "lost"], "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_to_do(arguments: list[object], message: str) -> None:
    subscribe(State.FAILED)
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert states() == ["failed", "failed"]


def test_selection_narrows_by_everything_that_is_said() -> None:
    first, second = subscribe(), subscribe(State.FAILED)
    Service.cancel_subscription(first, now=NOW)
    Notification.objects.filter(event__subscription=second).update(created_at=database_time(timedelta(hours=-1)))
    newest = list(Notification.objects.order_by("-pk").values_list("pk", flat=True))
    hour_ago = Notification.objects.filter(event__subscription=second)[0].created_at + timedelta(minutes=30)
    assert ids(Selection()) == newest
    assert ids(Selection(kind="cancelled")) == newest[:2]
    assert ids(Selection(kind="created", channels=["sns"])) == [newest[2], newest[4]]
    assert ids(Selection(states=["failed"])) == ids(Selection(until=hour_ago)) == newest[2:4]
    assert ids(Selection(since=hour_ago)) == newest[:2] + newest[4:]
    assert ids(Selection(ids=newest[3:5], subscription=first.pk)) == [newest[4]]
    Notification.objects.filter(pk=newest[1]).update(days_before=7)
    assert ids(Selection(kind="reminder")) == [newest[1]]
    assert ids(Selection(kind="cancelled")) == [newest[0]]
