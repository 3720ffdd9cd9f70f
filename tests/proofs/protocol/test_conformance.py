"""The model matches the code: each move changes the row of a real database in the same way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db.models import F

from notifications.aws.results import Result, ResultKind
from notifications.models import Channel, Notification, database_time
from notifications.outbox import claims, confirmation_timeouts
from notifications.outbox.claims import Claim
from notifications.ses import feedback
from notifications.ses.events import read_event
from subscriptions.services import SubscriptionService as Service
from tests.proofs.protocol.deeds import Deed, Move
from tests.proofs.protocol.moves import Protocol
from tests.proofs.protocol.state import NOBODY, Row, State
from tests.proofs.protocol.story import story_of
from tests.proofs.protocol.timing import Timing
from tests.proofs.protocol.verdicts import explore
from tests.support.factories import NOW, make_plan, make_user
from tests.support.ses_feedback import envelope, ses_event

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ENOUGH = 50
"""Minimum number of kinds of moves. Fewer would mean that the model lost some."""
SLOWER = 100
"""Factor between the row's durations and the deployed ones, to make the test's own time negligible."""


@pytest.fixture
def protocol(settings: LazySettings) -> Protocol:
    """Return the model with the deployed durations; the code gets longer ones in proportion."""
    protocol = Protocol(Timing.of_the_code())
    for name in ("DELIVERY_LEASE", "DELIVERY_CALLS", "CONFIRMATION_GRACE"):
        setattr(settings, name, SLOWER * getattr(settings, name))
    return protocol


class Code:
    """Code side of a walk: one row, and the claims of two workers."""

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
        """Apply the move of the model to the row. Network moves have no counterpart."""
        worker = move.worker
        deeds: dict[Deed, Callable[[], object]] = {
            Deed.FINDS_LEASE_ENDED: claims.release_abandoned,
            Deed.FINDS_GRACE_OVER: confirmation_timeouts.settle,
            Deed.CLAIMS: lambda: self.claim(worker),
            Deed.SUBMITS: lambda: self.submit(worker, allowed=True),
            Deed.MAY_NOT_SEND: lambda: self.submit(worker, allowed=False),
            Deed.WRITES_SENT: lambda: self.finish(worker, ResultKind.ACCEPTED, written=1),
            Deed.WRITES_NOT_SENT: lambda: self.finish(worker, ResultKind.THROTTLED, written=1),
            Deed.WRITES_UNKNOWN: lambda: self.finish(worker, ResultKind.UNKNOWN, written=1),
            Deed.WRITES_NOTHING: lambda: self.finish(worker, ResultKind.ACCEPTED, written=0),
            Deed.TIME_PASSES: self.pass_time,
            Deed.CONFIRMATION_ARRIVES: self.confirm,
        }
        deeds.get(move.deed, lambda: None)()
        # The model knows neither back-off nor that a grace doubles with each resend.
        Notification.objects.filter(pk=self.key, state="pending").update(due_at=database_time(), resends=0)

    def claim(self, worker: int) -> None:
        self.claims[worker] = claims.claim(Channel.SES, 1)
        assert [row.pk for row in self.claims[worker].notifications] == [self.key]

    def submit(self, worker: int, *, allowed: bool) -> None:
        assert self.claims[worker].submit([self.key]) == ([self.key] if allowed else [])

    def finish(self, worker: int, kind: ResultKind, *, written: int) -> None:
        assert self.claims[worker].finish({self.key: Result(kind)}) == written

    def confirm(self) -> None:
        event = read_event(envelope(ses_event("send", self.key)))
        assert event is not None
        assert feedback.record([event]) == [event]

    def pass_time(self) -> None:
        Notification.objects.filter(pk=self.key).update(
            lease_until=F("lease_until") - self.tick, due_at=F("due_at") - self.tick
        )

    def stands_at(self, expected: Row) -> bool:
        """Return True if the row matches the model. The intent matters only while the row is held."""
        row = self.row
        submitted = row.state == "sending" and row.submitted_at is not None
        return (row.state, self.holder(), submitted) == (expected.state, expected.holder, expected.submitted)

    def holder(self) -> int:
        token = self.row.lease_token
        return next((number for number, claim in self.claims.items() if token and claim.lease_token == token), NOBODY)


def kind_of(state: State, move: Move) -> tuple[object, ...]:
    """Return the aspects of a move that matter to the code: the deed, and its worker's relation to the row."""
    row = state.row
    whose = "nobody's" if row.holder == NOBODY else "its own" if row.holder == move.worker else "another's"
    return move.deed, row.state, whose, row.submitted


def walks(protocol: Protocol) -> list[list[Move]]:
    """Return the shortest path to each kind of move, including the move itself."""
    exploration, _ = explore(protocol)
    nearest: dict[tuple[object, ...], tuple[State, Move]] = {}
    for state in exploration.came_from:
        for move in protocol.moves(state):
            nearest.setdefault(kind_of(state, move), (state, move))
    return [[*exploration.way_to(state), move] for state, move in nearest.values()]


def test_the_code_does_to_the_row_what_the_model_does(protocol: Protocol) -> None:
    every = walks(protocol)
    assert len(every) > ENOUGH
    for walk in every:
        code = Code(SLOWER * protocol.timing.tick)
        for move in walk:
            code.follow(move)
            assert code.stands_at(move.state.row), "\n".join(story_of(walk, protocol.timing.tick))
