"""Random transitions, sweeps and clock moves, compared with a small model."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from notifications.models import Notification
from subscriptions.access.managed_groups import GROUP
from subscriptions.errors import IllegalTransition
from subscriptions.models import Subscription, SubscriptionEvent
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import NOW, make_plan, make_user

pytestmark = [pytest.mark.slow, pytest.mark.once]


@dataclass
class Modelled:
    """Subscription in the model."""

    user: int
    plan: int
    end: datetime
    status: str = "active"
    transitions: list[str] = field(default_factory=lambda: ["created"])

    def move(self, transition: str, status: str) -> None:
        self.transitions.append(transition)
        self.status = status


class Subscribers(RuleBasedStateMachine):
    """Two users, two plans of 1 and 3 days, and time in steps of hours."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.now = NOW
        self.users = [make_user(), make_user()]
        self.plans = [make_plan(duration_days=1), make_plan(duration_days=3)]
        self.model: dict[int, Modelled] = {}
        self.members: set[int] = set()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def lives(self, modelled: Modelled) -> bool:
        return modelled.status != "expired" and modelled.end > self.now

    def judge(self, *users: int) -> None:
        for user in users:
            live = any(self.lives(modelled) for modelled in self.model.values() if modelled.user == user)
            (self.members.add if live else self.members.discard)(user)

    def rivals(self, user: int, plan: int, besides: int | None = None) -> list[Modelled]:
        return [
            modelled
            for key, modelled in self.model.items()
            if (modelled.user, modelled.plan) == (user, plan) and modelled.status != "expired" and key != besides
        ]

    def end_overdue(self, rivals: list[Modelled]) -> None:
        for rival in rivals:
            rival.move("expired", "expired")

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(user=st.integers(0, 1), plan=st.integers(0, 1))
    def create(self, user: int, plan: int) -> None:
        rivals = self.rivals(user, plan)
        try:
            made = Service.create_subscription(self.users[user], self.plans[plan], now=self.now)
        except IllegalTransition:
            assert any(self.lives(rival) for rival in rivals)
            return
        assert not any(self.lives(rival) for rival in rivals)
        self.end_overdue(rivals)
        self.model[made.pk] = Modelled(user, plan, self.plans[plan].end_after(self.now, 1))
        self.judge(user)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        key, modelled = self.choose(data)
        rivals = self.rivals(modelled.user, modelled.plan, besides=key)
        try:
            Service.renew_subscription(Subscription.objects.get(pk=key), now=self.now)
        except IllegalTransition:
            assert any(self.lives(rival) for rival in rivals)
            return
        self.end_overdue(rivals)
        modelled.end = self.plans[modelled.plan].end_after(max(modelled.end, self.now), 1)
        modelled.move("renewed", "active")
        self.judge(modelled.user)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        key, modelled = self.choose(data)
        try:
            Service.cancel_subscription(Subscription.objects.get(pk=key), now=self.now)
        except IllegalTransition:
            assert not self.lives(modelled)
            return
        assert self.lives(modelled)
        if modelled.status == "active":
            modelled.move("cancelled", "cancelled")
            self.judge(modelled.user)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def reactivate(self, data: st.DataObject) -> None:
        key, modelled = self.choose(data)
        rivals = self.rivals(modelled.user, modelled.plan, besides=key)
        try:
            Service.reactivate_subscription(Subscription.objects.get(pk=key), now=self.now)
        except IllegalTransition:
            refused = modelled.status != "cancelled" or not self.lives(modelled)
            assert refused or any(self.lives(rival) for rival in rivals)
            return
        self.end_overdue(rivals)
        modelled.move("reactivated", "active")
        self.judge(modelled.user)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def cancel_now(self, data: st.DataObject) -> None:
        key, modelled = self.choose(data)
        subscription = Subscription.objects.get(pk=key)
        try:
            Service.cancel_now(subscription, now=self.now)
        except IllegalTransition:
            assert not self.lives(modelled) or subscription.start_date == self.now
            return
        modelled.end = self.now
        modelled.move("expired", "expired")
        self.judge(modelled.user)

    @rule(batch_size=st.integers(1, 3))
    def sweep(self, batch_size: int) -> None:
        due = [
            modelled for modelled in self.model.values() if modelled.status != "expired" and not self.lives(modelled)
        ]
        assert Service.sweep(now=self.now, batch_size=batch_size).expired == len(due)
        self.end_overdue(due)
        self.judge(*{modelled.user for modelled in due})
        live = {modelled.user for modelled in self.model.values() if self.lives(modelled)}
        assert self.members == live, "promise 3: access if and only if there is a live subscription"

    def choose(self, data: st.DataObject) -> tuple[int, Modelled]:
        key = data.draw(st.sampled_from(sorted(self.model)))
        return key, self.model[key]

    @invariant()
    def database_agrees_with_the_model(self) -> None:
        rows = Subscription.objects.values_list("pk", "status", "end_date")
        assert set(rows) == {(key, modelled.status, modelled.end) for key, modelled in self.model.items()}
        events: dict[int, list[str]] = {key: [] for key in self.model}
        for key, transition in SubscriptionEvent.objects.order_by("pk").values_list("subscription_id", "transition"):
            events[key].append(transition)
        assert events == {key: modelled.transitions for key, modelled in self.model.items()}

    @invariant()
    def one_at_most_is_live_per_user_and_plan(self) -> None:
        live = Counter(Subscription.objects.live(self.now).values_list("user", "plan"))
        assert max(live.values(), default=1) == 1

    @invariant()
    def access_follows(self) -> None:
        members = set(get_user_model().objects.filter(groups__name=GROUP).values_list("pk", flat=True))
        assert members == {self.users[user].pk for user in self.members}

    @invariant()
    def each_event_has_one_notification_a_channel(self) -> None:
        recorded = Counter(Notification.objects.values_list("event_id", "channel"))
        events = SubscriptionEvent.objects.values_list("pk", flat=True)
        assert recorded == Counter((event, channel) for event in events for channel in ("ses", "sns"))


@pytest.mark.django_db
def test_any_sequence_of_moves_keeps_the_promises() -> None:
    run_state_machine_as_test(Subscribers, settings=settings(max_examples=40, stateful_step_count=20, print_blob=True))
