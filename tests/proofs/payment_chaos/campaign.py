"""Campaign: rounds of a storm, then calm until nothing is due, then the judge."""

import multiprocessing
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime, timedelta
from multiprocessing.context import ForkProcess

from django.db import connections, transaction

from payments.charging.calls import Pace
from payments.charging.charger import Charger
from payments.facts import apply
from payments.models import Order
from subscriptions.services import SubscriptionService
from tests.proofs.payment_chaos.durations import START, Durations
from tests.proofs.payment_chaos.faults import EVERY
from tests.proofs.payment_chaos.population import populate
from tests.proofs.payment_chaos.workers import ROLES, Storm
from tests.support.ledger_provider import LedgerProvider

CALM = [START + timedelta(hours=hours) for hours in range(0, 24 * 16, 12)]
"""Instants at which the calm charges: past all tries, and past what is asked about pending money."""

LONGEST_STORM = 200
"""Times for the calls of one claim after which a storm ends although orders are left."""

LEFT = 10
"""Orders that a storm may leave untried to the next one, or to the calm."""


class Campaign:
    """Storm over the orders of one database and one ledger."""

    def __init__(self, seed: int, probability: float, shortest: float) -> None:
        self.seed = seed
        self.probability = probability
        self.shortest = shortest
        self.durations = Durations.measured()
        self.known = 0
        self.provider = LedgerProvider()
        self.round = 0
        self.started = 0
        self.errors = 0
        """Processes that ended by an error of their own: a fault kills them."""

    def storm(self, orders: int) -> None:
        """Let all processes work on that many new orders, at least for as long as the campaign's shortest storm."""
        self.round += 1
        self.durations = Durations.measured()
        self.known = len(self.provider.successes())
        with transaction.atomic():
            populate(orders, self.round)
        connections.close_all()
        storm_began = time.time()
        processes = {role: self._start(role, storm_began) for role in ROLES}
        try:
            while self._goes_on(storm_began):
                self._keep_alive(processes, storm_began)
        finally:
            for process in processes.values():
                process.kill()
                process.join()

    def _keep_alive(self, processes: dict[str, ForkProcess], storm_began: float) -> None:
        """Start again for a second what dies."""
        for _look in range(50):
            time.sleep(0.02)
            for role, process in processes.items():
                if not process.is_alive():
                    self.errors += process.exitcode != -signal.SIGKILL
                    processes[role] = self._start(role, storm_began)

    def calm(self) -> None:
        """Charge without faults until nothing is due, hold the ledger against our payments, and end what is over."""
        time.sleep(self.durations.freeze.total_seconds())  # every lease has ended
        for now in CALM:
            for reference in self.provider.references("pending"):
                self.provider.settle_pending(reference, arrives=True)
            self._charge(now)
        for page in self.provider.payable_pages():  # by subscribers who left it open
            self.provider.pay_page(page)
        for fact in self.provider.since(START):
            with transaction.atomic():
                apply(self.provider.name, fact, CALM[-1])
        SubscriptionService.sweep(now=CALM[-1])

    def missing(self, times: int) -> list[str]:
        """Return the faults that were hit fewer times."""
        hit = self.provider.fault_counts()
        return [fault for fault in EVERY if hit.get(fault, 0) < times]

    def is_lost(self) -> bool:
        """Return True if an order was charged twice, after which no storm is needed."""
        charged = [order for order, _reference in self.provider.successes()]
        return len(set(charged)) < len(charged)

    def hits(self) -> Counter[str]:
        """Return how often each fault was hit."""
        return Counter(self.provider.fault_counts())

    def judge(self) -> subprocess.CompletedProcess[str]:
        """Return what the judge says."""
        command = [sys.executable, "-m", "tests.proofs.payment_chaos.judge", CALM[-1].isoformat()]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def _charge(self, now: datetime) -> None:
        Charger(self.provider, lambda: now, lambda: timedelta(minutes=15), Pace(per_second=1e6)).run()

    def _start(self, role: str, storm_began: float) -> ForkProcess:
        self.started += 1
        storm = Storm(storm_began, f"{self.seed}-{role}-{self.started}", self.probability, self.durations, self.known)
        process = multiprocessing.get_context("fork").Process(target=ROLES[role], args=(storm,), daemon=True)
        process.start()
        return process

    def _goes_on(self, storm_began: float) -> bool:
        lasted = (time.time() - storm_began) / self.durations.calls.total_seconds()
        if lasted < self.shortest:
            return True
        left = Order.objects.unfinished().filter(way=Order.Way.CHARGE, attempts=0).count()
        connections.close_all()
        return left > LEFT and lasted < LONGEST_STORM
