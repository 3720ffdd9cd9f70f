"""The model is the code: whatever the model does to the row, the code does to the row of a real database."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db.models import F

from notifications import outbox, unconfirmed
from notifications.models import Channel, Notification, database_time
from notifications.outbox import Claim
from notifications.outcomes import Outcome, Verdict
from subscriptions.services import SubscriptionService as Service
from tests.factories import NOW, make_plan, make_user
from tests.protocol.deeds import Deed, Move
from tests.protocol.moves import Protocol
from tests.protocol.state import NOBODY, State
from tests.protocol.timing import Timing

pytestmark = pytest.mark.django_db

WALKS = 30
STEPS = 80
SLOWER = 100
"""The row's durations are so much longer than the deployed ones, lest the test's own time count."""


@pytest.fixture
def protocol(settings: LazySettings) -> Protocol:
    """The model of the deployed durations; the code gets longer ones, in the same proportions."""
    protocol = Protocol(Timing.of_the_code())
    for name in ("DELIVERY_LEASE", "DELIVERY_CALLS", "CONFIRMATION_GRACE"):
        setattr(settings, name, SLOWER * getattr(settings, name))
    return protocol


class Code:
    """The code's side of a walk: one row, and what each of two deliverers has claimed."""

    def __init__(self, tick: timedelta) -> None:
        self.tick = tick
        Notification.objects.all().delete()
        Service.create_subscription(make_user(), make_plan(), now=NOW)
        self.key = Notification.objects.filter(channel=Channel.SES).latest("pk").pk
        self.claims: dict[int, Claim] = {}

    @property
    def row(self) -> Notification:
        return Notification.objects.get(pk=self.key)

    def follow(self, move: Move) -> None:
        """Do to the row what the model does. What concerns the network alone has no counterpart."""
        worker = move.worker
        deeds: dict[Deed, Callable[[], object]] = {
            Deed.FINDS_LEASE_ENDED: outbox.release_abandoned,
            Deed.FINDS_GRACE_OVER: unconfirmed.settle,
            Deed.CLAIMS: lambda: self.claim(worker),
            Deed.SUBMITS: lambda: self.submit(worker, allowed=True),
            Deed.MAY_NOT_SEND: lambda: self.submit(worker, allowed=False),
            Deed.WRITES_SENT: lambda: self.finish(worker, Verdict.ACCEPTED, written=1),
            Deed.WRITES_NOT_SENT: lambda: self.finish(worker, Verdict.THROTTLED, written=1),
            Deed.WRITES_UNKNOWN: lambda: self.finish(worker, Verdict.UNKNOWN, written=1),
            Deed.WRITES_NOTHING: lambda: self.finish(worker, Verdict.ACCEPTED, written=0),
            Deed.TIME_PASSES: self.pass_time,
        }
        deeds.get(move.deed, lambda: None)()
        # The model knows neither back-off nor that a grace doubles with each resend.
        Notification.objects.filter(pk=self.key, state="pending").update(due_at=database_time(), resends=0)

    def claim(self, worker: int) -> None:
        self.claims[worker] = outbox.claim(Channel.SES, 1)
        assert [row.pk for row in self.claims[worker].notifications] == [self.key]

    def submit(self, worker: int, *, allowed: bool) -> None:
        assert self.claims[worker].submit([self.key]) == ([self.key] if allowed else [])

    def finish(self, worker: int, verdict: Verdict, *, written: int) -> None:
        assert self.claims[worker].finish({self.key: Outcome(verdict)}) == written

    def pass_time(self) -> None:
        Notification.objects.filter(pk=self.key).update(
            lease_until=F("lease_until") - self.tick, due_at=F("due_at") - self.tick
        )

    def holder(self) -> int:
        token = self.row.lease_token
        return next((number for number, claim in self.claims.items() if token and claim.lease_token == token), NOBODY)


def test_the_code_does_to_the_row_what_the_model_does(protocol: Protocol) -> None:
    chance = random.Random(20261123)
    done: set[Deed] = set()
    for _ in range(WALKS):
        code, state = Code(SLOWER * protocol.timing.tick), State()
        for _ in range(STEPS):
            moves = [move for move in protocol.moves(state) if move.deed is not Deed.CONFIRMATION_ARRIVES]
            if not moves:
                break
            move = chance.choice(moves)
            code.follow(move)
            state = move.state
            row = code.row
            done.add(move.deed)
            assert (row.state, code.holder()) == (state.row.state, state.row.holder), str(move)
            if row.state == "sending":
                assert (row.submitted_at is not None) == state.row.submitted, str(move)
            if state.row.state == "sent":
                break
    assert done >= {Deed.FINDS_LEASE_ENDED, Deed.FINDS_GRACE_OVER, Deed.MAY_NOT_SEND, Deed.WRITES_NOTHING}
