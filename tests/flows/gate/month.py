"""Random subscribers of a month: some end, some are charged, some are declined and bring a new method or none."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from accounts.models import User
from foundation import clock
from payments.methods.saved_methods import replace_method
from subscriptions.errors import SubscriptionError
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.flows.gate.lateness import BY_VISIT
from tests.flows.gate.sleeping_stage import Visit
from tests.payments.charging.renewal_orders import agree, make_method
from tests.support.factories import MONTH, NOW, make_user
from tests.support.ledger_provider import LedgerProvider, method_details


@dataclass(frozen=True)
class Size:
    """Length, subscriptions that end in it, and visits that change one of them."""

    length: timedelta
    subscriptions: int
    changes: int
    tolerance: float
    """Share by which the hours awake may differ from the formula, which is an average."""


WHOLE, SAMPLE = Size(MONTH, 200, 60, 0.1), Size(timedelta(days=9), 12, 6, 0.3)
"""A month, and days enough for all tries of a charge."""

REPLACED = "replaced"
CHARGED_AS = {"": 25, "ok": 35, "second": 10, "declined": 10, REPLACED: 20}
"""Percents of the subscriptions by how they are charged: not at all, by the token of the method, or by a new method."""

REPLACED_WITHIN = timedelta(days=4)
"""Time after the end in which a new method comes: between the first try and the last but one."""


FIRST_KEY = 100_000
"""Keys spread the first tries over the day. With others the tries might fall into the openings' minutes."""


class Month:
    """Subscriptions of a month or of a part of it, and the visits of their owners."""

    def __init__(self, plan: Plan, size: Size, seed: int) -> None:
        self._chance = random.Random(seed)
        self._size = size
        self._plan = plan

    def populate(self) -> list[Visit]:
        """Create the subscriptions, and return the visits."""
        _number_from(FIRST_KEY)
        visits = [visit for _number in range(self._size.subscriptions) for visit in self._subscribe()]
        visits += [(self._instant(), self._change) for _number in range(self._size.changes)]
        return [(instant, visit) for instant, visit in visits if instant < NOW + self._size.length]

    def _subscribe(self) -> Iterator[Visit]:
        subscription = Service.create_subscription(make_user(), self._plan, now=self._instant() - MONTH)
        (charged_as,) = self._chance.choices(list(CHARGED_AS), list(CHARGED_AS.values()))
        if charged_as:
            token = "declined" if charged_as == REPLACED else charged_as
            agree(subscription, make_method(subscription.user, token))
        if charged_as == REPLACED:
            comes_at = subscription.end_date + self._chance.random() * REPLACED_WITHIN
            yield comes_at, partial(_replace_method, subscription.user)

    def _instant(self) -> datetime:
        return NOW + self._chance.random() * self._size.length

    def _change(self) -> None:
        """Renew, cancel or end a random subscription, as a request does."""
        row = self._chance.choice(list(Subscription.objects.order_by("pk")))
        actions: list[Callable[[Subscription], object]] = [
            Service.renew_subscription,
            partial(Service.cancel_subscription, reason=BY_VISIT),
            partial(Service.cancel_now, reason=BY_VISIT),
        ]
        with suppress(SubscriptionError):
            self._chance.choice(actions)(row)


def _number_from(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [Subscription._meta.db_table, key])


def _replace_method(user: User) -> None:
    replace_method(user, LedgerProvider.name, method_details(f"ok_of_{user.pk}"), clock.now())
