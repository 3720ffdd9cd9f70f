"""Processes of the storm. Each is a copy of a process that has set up Django, with random numbers of its own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from payments.charging.calls import Pace
from payments.charging.charger import Charger
from payments.consents import Consent
from payments.errors import PaymentError
from payments.facts import apply
from payments.hosted_page import begin
from payments.models import Order
from tests.proofs.payment_chaos import faults
from tests.proofs.payment_chaos.durations import PACE, START, shorten
from tests.proofs.payment_chaos.faults import Faults
from tests.support.ledger_provider import LedgerProvider

REPETITIONS = (0, 1, 1, 1, 2, 3, 5)
"""Deliveries of one webhook."""

LATEST = timedelta(days=3)
"""Longest delay of a webhook, by the campaign's clock."""


@dataclass(frozen=True)
class Storm:
    """Surroundings of a process: its clock and its random numbers."""

    began: float
    """Beginning in `time.time()`, of all processes."""
    seed: str
    probability: float

    def now(self) -> datetime:
        """Return the campaign's time."""
        return START + timedelta(seconds=(time.time() - self.began) * PACE)

    def charge(self) -> None:
        """Charge until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        shorten()
        Faults(provider, chance, self.probability).install()
        while True:
            Charger(provider, self.now, lambda: timedelta(minutes=15), Pace(per_second=1e6)).run()
            time.sleep(0.05)

    def subscribe(self) -> None:
        """Visit the page of random orders, and pay most of them, until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        provider.faults = Faults(provider, chance, self.probability).of_call
        while True:
            time.sleep(chance.random() / 5)
            order = Order.objects.unfinished().order_by("?").first()
            if order is not None:
                self._visit(order, provider, chance)

    def disturb(self) -> None:
        """Let the provider cancel, forget keys and settle pending money, until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        while True:
            time.sleep(0.05)
            provider.forget_keys()
            provider.note(faults.FORGOTTEN)
            open_, pending = provider.references("open"), provider.references("pending")
            if open_ and provider.cancel(chance.choice(open_)):
                provider.note(faults.CANCELLED)
            if pending:
                provider.settle_pending(chance.choice(pending), arrives=chance.random() < 0.7)

    def deliver_webhooks(self) -> None:
        """Deliver each success up to five times, in any order and up to three days late, until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        known = 0
        waiting: list[tuple[datetime, str]] = []
        while True:
            time.sleep(0.02)
            facts = {fact.reference: fact for fact in provider.since(START)}
            for reference in list(facts)[known:]:
                repetitions = chance.choice(REPETITIONS)
                provider.note(faults.WEBHOOK_LOST if not repetitions else "")
                provider.note(faults.WEBHOOK_REPEATED if repetitions > 1 else "")
                waiting += [(self.now() + chance.random() * LATEST, reference) for _each in range(repetitions)]
            known = len(facts)
            ready = [each for each in waiting if each[0] <= self.now()]
            waiting = [each for each in waiting if each not in ready]
            chance.shuffle(ready)
            for _at, reference in ready:
                with transaction.atomic():
                    apply(provider.name, facts[reference], self.now())

    def _visit(self, order: Order, provider: LedgerProvider, chance: random.Random) -> None:
        try:
            page = begin(order, provider, Consent("", renews=False), "https://example.com", self.now())
        except PaymentError:
            return
        if chance.random() < 0.5:
            time.sleep(chance.random() / 10)
        if chance.random() < 0.8 and provider.pay_page(page.reference):
            provider.note(faults.PAID_BY_HAND)


ROLES: dict[str, Callable[[Storm], None]] = {
    "charger 1": Storm.charge,
    "charger 2": Storm.charge,
    "charger 3": Storm.charge,
    "charger 4": Storm.charge,
    "subscriber": Storm.subscribe,
    "provider": Storm.disturb,
    "webhooks": Storm.deliver_webhooks,
}
