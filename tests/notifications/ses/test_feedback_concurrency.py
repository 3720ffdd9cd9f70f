"""Concurrent feedback and deliveries with PostgreSQL's locks."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event
from typing import Any

import pytest
from django.db import connection, transaction

from foundation.jobs.sqs_batch import MessageBatch, QueueMessage
from notifications.aws.results import Result, ResultKind
from notifications.models import Channel, Feedback, Notification, State
from notifications.outbox import claims
from notifications.ses import feedback
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user
from tests.support.patience import PATIENCE_SECONDS, wait_until
from tests.support.ses_feedback import bounce, envelope, ses_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgresql]

STORIES: list[tuple[State, list[Callable[[int], dict[str, Any]]]]] = [
    (State.SENT, [lambda key: ses_event("send", key)]),
    (State.DELIVERED, [lambda key: ses_event("send", key), lambda key: ses_event("delivery", key)]),
    (State.BOUNCED, [lambda key: bounce("Permanent", "General", key), lambda key: ses_event("delivery", key)]),
    (State.DELIVERED, [lambda key: bounce("Transient", "General", key), lambda key: ses_event("delivery", key)]),
    (State.COMPLAINED, [lambda key: ses_event("delivery", key), lambda key: ses_event("complaint", key)]),
    (State.FAILED, [lambda key: ses_event("send", key), lambda key: ses_event("reject", key)]),
]
"""SES events for a mail, and its resulting state."""


def make_mails(number: int) -> list[int]:
    plan = make_plan()
    for _ in range(number):
        Service.create_subscription(make_user(), plan, now=NOW)
    return list(Notification.objects.filter(channel=Channel.SES).order_by("pk").values_list("pk", flat=True))


def at_once(*work: Callable[[], None]) -> None:
    """Run the functions in threads with their own connections, and raise their errors."""
    barrier = Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        try:
            barrier.wait(PATIENCE_SECONDS)
            one()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(run, one) for one in work]:
            done.result(PATIENCE_SECONDS)


def hear(bodies: list[str]) -> None:
    for start in range(0, len(bodies), 10):
        messages = tuple(QueueMessage(str(n), body) for n, body in enumerate(bodies[start : start + 10]))
        feedback.handle(MessageBatch(messages, timedelta))


def test_feedback_in_any_order_beside_deliverers_ends_where_it_should() -> None:
    chance = random.Random(20261123)
    keys = make_mails(120)
    expected = {key: STORIES[index % len(STORIES)][0] for index, key in enumerate(keys)}
    bodies = [envelope(tell(key)) for index, key in enumerate(keys) for tell in STORIES[index % len(STORIES)][1]]
    heard = Event()

    def listener(seed: int) -> Callable[[], None]:
        return lambda: hear(random.Random(seed).sample(bodies, len(bodies)))

    def deliver() -> None:
        while not heard.is_set():
            claim = claims.claim(Channel.SES, 16)
            submitted = claim.submit([row.pk for row in claim.notifications])
            kind = chance.choice([ResultKind.ACCEPTED, ResultKind.THROTTLED, ResultKind.UNKNOWN, ResultKind.REFUSED])
            claim.finish({key: Result(kind) for key in submitted})
            for key in chance.sample(keys, 10):  # for which there is no waiting
                Notification.objects.filter(pk=key, state=State.PENDING).update(due_at=NOW)

    def listen() -> None:
        try:
            at_once(*(listener(seed) for seed in range(3)))
        finally:
            heard.set()

    at_once(listen, deliver, deliver)

    assert dict(Notification.objects.filter(pk__in=keys).values_list("pk", "state")) == expected
    assert not Notification.objects.filter(lease_token__isnull=False, pk__in=keys).exists()
    assert Feedback.objects.count() == len(bodies)


def test_same_message_in_several_invocations_at_once_is_kept_once() -> None:
    (key,) = make_mails(1)
    bodies = [envelope(ses_event("send", key)), *(envelope(ses_event("delivery")) for _ in range(20))]
    at_once(*(lambda seed=seed: hear(random.Random(seed).sample(bodies, len(bodies))) for seed in range(4)))
    assert Feedback.objects.count() == len(bodies)


def test_mail_that_somebody_writes_to_holds_up_no_other_mail() -> None:
    free, held = make_mails(2)
    bodies = [envelope(ses_event("send", key)) for key in (free, held)]
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Notification.objects.select_for_update().get(pk=held)
            hearing = pool.submit(at_once, lambda: hear(bodies))
            wait_until(lambda: Notification.objects.filter(pk=free, state=State.SENT).exists())
            assert Notification.objects.filter(pk=free).update(error="not locked") == 1
        hearing.result(PATIENCE_SECONDS)
    assert Notification.objects.get(pk=held).state == State.SENT
