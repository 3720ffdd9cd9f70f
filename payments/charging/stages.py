"""Stages of one claim: look, take the way, prepare, store, confirm.

Each stage makes its calls in threads and then writes what they said; no transaction waits for a call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from payments.charging.calls import Calls, CallsUnderWay
from payments.charging.claims import Claim
from payments.charging.first_calls import FirstCall, is_to_be_charged, method_of, page_rests_until, sort, waits_for_user
from payments.charging.interrupted import Interrupted, interrupted
from payments.charging.outcomes import MONEY, Recorder
from payments.models import Order, OrderState
from payments.orders import fence
from payments.providers.interface import Outcome, OutcomeKind, Provider

Kind = OutcomeKind


@dataclass(frozen=True)
class Stages:
    """Takes each claimed order as far as the outcomes of its calls let it."""

    claim: Claim
    provider: Provider
    calls: Calls
    recorder: Recorder

    def go(self) -> Iterator[None]:
        """Run all stages. Yields twice, while charges are prepared and while they are confirmed."""
        looked, unopened, stored = sort(self.claim.orders, self.provider.name, self.recorder.now)
        repeated: set[Order] = set()
        for call, orders in looked.items():
            outcomes = self.calls.ask_all(self._first(call), orders).wait()
            self.recorder.attempts(outcomes)
            found = interrupted(outcomes, self.recorder.now)
            repeated |= found.unanswered
            for order, outcome in outcomes.items():
                with self.recorder.apart(order):
                    if self._look(order, call, outcome, found):
                        (stored if order.reference else unopened).append(order)
        preparing = self._prepare(self._taken(unopened))
        yield
        stored += self._store(preparing.wait())
        submitted = self.claim.submit(stored, self.recorder.now, repeated)
        for order in set(stored) - set(submitted):
            self._leave(order)
        confirming = self.calls.ask_all(self._confirm, submitted)
        yield
        outcomes = confirming.wait()
        self.recorder.attempts(outcomes)
        for order, outcome in outcomes.items():
            with self.recorder.apart(order):
                self._confirmed(order, outcome, is_repeated=order in repeated)

    def _first(self, call: FirstCall) -> Callable[[Order], Outcome]:
        ask = self.provider.ask if call is FirstCall.ASK else self.provider.close
        return lambda order: ask(order.reference)

    def _confirm(self, order: Order) -> Outcome:
        return self.provider.charge(order.reference, method_of(order), order.attempts)

    def _look(self, order: Order, call: FirstCall, outcome: Outcome, found: Interrupted) -> bool:
        """Record what was seen; return True if the order is to be charged now.

        A decline leaves the order open if it is of an earlier try than the one that is due.
        """
        goes_on = order in found.unmade or order in found.unanswered
        if outcome.kind in MONEY:
            self.recorder.money(order, outcome)
        elif outcome.kind is Kind.CLOSED:
            return self._drop(order)
        elif call is FirstCall.CLOSE or outcome.kind in {Kind.UNKNOWN, Kind.NOTHING_HAPPENED}:
            self.recorder.unchanged(order)
        elif order.way != Order.Way.CHARGE:
            self._leave(order)
        elif (outcome.kind is Kind.OPEN or goes_on) and self._is_chargeable(order):
            return True
        elif outcome.kind is Kind.OPEN or goes_on:
            self._rest(order)
        else:
            self.recorder.failed(order, outcome, is_news=order not in found.told)
        return False

    def _drop(self, order: Order) -> bool:
        """Drop a reference that was seen closed; return True if another may be opened."""
        if not fence.take_way(order, order.way, self.provider.name):
            self._leave(order)
            return False
        return True

    def _taken(self, orders: Iterable[Order]) -> list[Order]:
        """Return the orders whose way is that of a charge now."""
        taken = []
        for order in orders:
            with self.recorder.apart(order):
                if self._take_way(order):
                    taken.append(order)
        return taken

    def _take_way(self, order: Order) -> bool:
        """Take the way of a charge. An order that no charge can collect rests, or is void if it was to be closed."""
        if order.close_requested_at:
            self.recorder.void(order)
        elif order.state == OrderState.NEEDS_SUBSCRIBER or not self._is_chargeable(order):
            self._rest(order)
        elif (order.way, order.provider) == (Order.Way.CHARGE, self.provider.name) or fence.take_way(
            order, Order.Way.CHARGE, self.provider.name
        ):
            return True
        else:
            self._leave(order)
        return False

    def _prepare(self, orders: Iterable[Order]) -> CallsUnderWay[str | Outcome]:
        def prepare(order: Order) -> str:
            return self.provider.prepare(order, method_of(order), order.attempts + 1)

        return self.calls.open_all(prepare, orders)

    def _store(self, answers: Mapping[Order, str | Outcome]) -> list[Order]:
        """Return the orders whose charge is prepared and stored. Only a stored one is ever confirmed."""
        opened = {order: answer for order, answer in answers.items() if isinstance(answer, str)}
        stored = fence.store_references(opened)
        for order in opened.keys() - set(stored):
            self._leave(order)
        for order, answer in answers.items():
            if isinstance(answer, Outcome):
                with self.recorder.apart(order):
                    self._unopened(order, answer)
        return stored

    def _unopened(self, order: Order, outcome: Outcome) -> None:
        if outcome.kind is Kind.NOTHING_HAPPENED:
            self.recorder.nothing_happened(order)
        else:
            self.recorder.failed(order, outcome)

    def _confirmed(self, order: Order, outcome: Outcome, *, is_repeated: bool) -> None:
        if outcome.kind in MONEY:
            self.recorder.money(order, outcome)
        elif outcome.kind is Kind.UNKNOWN:
            self.recorder.unknown(order)
        elif outcome.kind is Kind.NOTHING_HAPPENED and is_repeated:  # but the call that it repeats may be under way
            self.recorder.unchanged(order)
        elif outcome.kind in {Kind.NOTHING_HAPPENED, Kind.OPEN}:
            self.recorder.nothing_happened(order)
        elif outcome.kind is Kind.CLOSED:
            self.recorder.closed(order)
        else:
            self.recorder.failed(order, outcome)

    def _is_chargeable(self, order: Order) -> bool:
        return is_to_be_charged(order, self.provider.name, self.recorder.now)

    def _rest(self, order: Order) -> None:
        """Give back an order that is not charged now, which a deactivated user may be charged for later."""
        waits = waits_for_user(order, self.provider.name, self.recorder.now)
        self.recorder.rests(order, waits_for_user=waits)

    def _leave(self, order: Order) -> None:
        """Leave the order to its subscriber, who is at the page or has taken the way."""
        self.recorder.left_to_the_page(order, page_rests_until(order, self.recorder.now))
