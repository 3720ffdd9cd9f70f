"""Processes of the storm. Each is a copy of a process that has set up Django, with random numbers of its own."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Mod

from payments.charging.calls import Pace
from payments.charging.charger import Charger
from payments.errors import PaymentError
from payments.facts import apply
from payments.hosted_page import begin
from payments.models import Order, OrderState
from payments.orders.consents import Consent
from payments.providers.interface import Fact
from tests.proofs.payment_chaos import faults
from tests.proofs.payment_chaos.durations import Durations
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
    durations: Durations
    known: int
    """Successes before the storm, which are not reported again."""

    def now(self) -> datetime:
        """Return the campaign's time."""
        return self.durations.now(self.began)

    def charge(self) -> None:
        """Charge until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        self.durations.shorten()
        self._faults(provider, chance).install()
        while True:
            try:
                Charger(provider, self.now, lambda: timedelta(minutes=15), Pace(per_second=1e6)).run()
            except OperationalError:  # as a function does that ends; the next one starts anew
                connection.close()
            time.sleep(0.05)

    def serve(self) -> None:
        """Open pages as the site does, until killed: for a third of the orders, most often while they are charged."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        self._faults(provider, chance).install()
        while True:
            time.sleep(chance.random() / 10)
            orders = Order.objects.unfinished().alias(third=Mod("pk", 3)).filter(third=0)
            charged = orders.filter(state__in=[OrderState.CLAIMED, OrderState.UNKNOWN])
            order = charged.order_by("?").first() or orders.order_by("?").first()
            if order is not None:
                self._open_page(order, provider, chance)

    def disturb(self) -> None:
        """Let subscribers pay, and the provider cancel, forget keys and settle pending money, until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        while True:
            time.sleep(0.05)
            pages, open_, pending = (
                provider.payable_pages(),
                provider.references("open"),
                provider.references("pending"),
            )
            if pages and chance.random() < 0.2 and provider.pay_page(chance.choice(pages)):
                provider.note(faults.PAID_BY_HAND)
            if open_ and chance.random() < 0.05 and provider.cancel(chance.choice(open_)):
                provider.note(faults.CANCELLED)
            if chance.random() < 0.3 and provider.forget_keys():
                provider.note(faults.FORGOTTEN)
            if pending:
                provider.settle_pending(chance.choice(pending), arrives=chance.random() < 0.7)

    def deliver_webhooks(self) -> None:
        """Deliver each success up to five times, in any order and up to three days late, until killed."""
        provider, chance = LedgerProvider(), random.Random(self.seed)
        known = self.known
        waiting: list[tuple[datetime, Fact]] = []
        while True:
            time.sleep(0.1)
            for fact in provider.facts_after(known):
                known += 1
                repetitions = chance.choice(REPETITIONS)
                provider.note(faults.WEBHOOK_LOST if not repetitions else "")
                provider.note(faults.WEBHOOK_REPEATED if repetitions > 1 else "")
                waiting += [(self.now() + chance.random() * LATEST, fact) for _each in range(repetitions)]
            ready = [each for each in waiting if each[0] <= self.now()]
            waiting = [each for each in waiting if each not in ready]
            chance.shuffle(ready)
            for _at, fact in ready:
                with transaction.atomic():
                    apply(provider.name, fact, self.now())

    def _faults(self, provider: LedgerProvider, chance: random.Random) -> Faults:
        return Faults(provider, chance, self.probability, self.durations.freeze)

    def _open_page(self, order: Order, provider: LedgerProvider, chance: random.Random) -> None:
        if chance.random() < 0.5:
            # The order changes between the look at it and the page.
            time.sleep(chance.random() * self.durations.calls.total_seconds())
        try:
            page = begin(order, provider, Consent("", renews=False), "https://example.com", self.now())
        except PaymentError:
            return
        except OperationalError:
            connection.close()
            return
        provider.show_page(page.reference)


ROLES: dict[str, Callable[[Storm], None]] = {
    "charger 1": Storm.charge,
    "charger 2": Storm.charge,
    "charger 3": Storm.charge,
    "charger 4": Storm.charge,
    "site 1": Storm.serve,
    "site 2": Storm.serve,
    "site 3": Storm.serve,
    "site 4": Storm.serve,
    "subscribers and provider": Storm.disturb,
    "webhooks": Storm.deliver_webhooks,
}
