"""Explanation of an order: a sentence that says why it was charged or not, and the events that led to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from payments.models import Attempt, Order, OrderState, Payment, PaymentEvent, Refund, Renewal, SurplusSettlement
from payments.providers.interface import OutcomeKind
from subscriptions.models import SubscriptionEvent

MONEY_MOVES = (OutcomeKind.SUCCEEDED, OutcomeKind.PENDING)

State = OrderState


@dataclass(frozen=True)
class OrderEvent:
    """One line of an order's history."""

    at: datetime
    text: str
    detail: str = ""


@dataclass(frozen=True)
class OrderExplanation:
    """Explanation of an order."""

    sentence: str
    events: list[OrderEvent]
    """Oldest first."""


def explain_order(order: Order) -> OrderExplanation:
    """Look at the order, its tries and its money. Three queries, however many there are.

    An open order takes one more, as does a void renewal; one that waits for its subscriber and has no try up to two.
    """
    tries = list(order.tries.order_by("number"))
    payments = list(order.payments.select_related("settlement").order_by("pk").prefetch_related("refunds"))
    refunds = [refund for payment in payments for refund in payment.refunds.all()]
    settled = [_of_settlement(payment.settled, payment) for payment in payments if payment.settled]
    moved = [*map(_of_try, tries), *map(_of_request, refunds), *map(_of_money, payments), *settled]
    events = [*_beginning(order), *moved, *_end(order)]
    facts = _Facts(order, tries, payments)
    return OrderExplanation(facts.sentence, sorted(events, key=lambda event: event.at))


@dataclass(frozen=True)
class _Facts:
    """Facts that a sentence is made of."""

    order: Order
    tries: list[Attempt]
    payments: list[Payment]

    @property
    def sentence(self) -> str:
        return " ".join(part for part in (self._main(), self._surplus()) if part)

    def _surplus(self) -> str:
        surplus = [payment for payment in self.payments if payment.surplus]
        if not surplus:
            return ""
        if all(payment.settled for payment in surplus):
            return _("Money arrived that it did not wait for, which was settled: see below.")
        return _("Money arrived that it did not wait for: see the surplus below.")

    def _main(self) -> str:
        by_state = {
            State.PAID: self._paid,
            State.VOID: self._void,
            State.GIVEN_UP: self._given_up,
            State.CLAIMED: self._claimed,
            State.PENDING: self._pending,
            State.UNKNOWN: self._unknown,
            State.NEEDS_SUBSCRIBER: self._needs_subscriber,
            State.OPEN: self._open,
        }
        return by_state[State(self.order.state)]()

    def _paid(self) -> str:
        paid = next((one for one in self.payments if one.kind == Payment.Kind.PAYMENT and not one.surplus), None)
        if paid is None:
            return _("It is paid, and its payment is not here.")
        words = {"at": _instant(paid.paid_at), "amount": paid.amount_text, "currency": paid.currency}
        if failed := self._failed():
            text = _("It was paid on %(at)s: %(amount)s %(currency)s. Failed tries before that: %(failed)s.")
            return text % {**words, "failed": failed}
        return _("It was paid on %(at)s: %(amount)s %(currency)s.") % words

    def _failed(self) -> int:
        """Return the number of failed tries. A debit that did not arrive is there twice: on its way, and failed."""
        return len([one for one in self.tries if one.outcome not in MONEY_MOVES])

    def _void(self) -> str:
        at = self._finished()
        if self.order.voided_by:
            return _("It was not charged: %(operator)s made it void on %(at)s.") % {
                "operator": self.order.voided_by,
                "at": at,
            }
        if self.order.kind == Order.Kind.RENEWAL:
            if ended := self._access_ended():
                return _("It was not paid before access ended, on %(at)s.") % {"at": _instant(ended)}
            text = _("It was not charged: the subscription was cancelled, or went on otherwise, on %(at)s.")
            return text % {"at": at}
        return _("It was not paid: the subscriber withdrew it, or ordered on other terms, on %(at)s.") % {"at": at}

    def _access_ended(self) -> datetime | None:
        """Return the instant at which the sweep ended the subscription while it waited for this order."""
        waited = (self.order.opened_at, self.order.finished_at)
        ends = SubscriptionEvent.objects.filter(subscription=self.order.subscription_id, occurred_at__range=waited)
        return ends.swept().values_list("occurred_at", flat=True).first()

    def _given_up(self) -> str:
        if not self.tries:
            text = _("It was given up on %(at)s, when access ended. No charge had an effect.")
            return text % {"at": self._finished()}
        text = _("It was given up on %(at)s, when access ended. Failed tries: %(tries)s, the last one with %(code)s.")
        return text % {"at": self._finished(), "tries": self._failed(), "code": self._last_code()}

    def _claimed(self) -> str:
        return _("It is being charged at this moment.")

    def _pending(self) -> str:
        return _("It is paid as soon as the money arrives, which the provider says is on its way.")

    def _unknown(self) -> str:
        text = _("It may be charged: the provider's answer was lost. The provider is asked again %(at)s.")
        return text % {"at": self._due()}

    def _needs_subscriber(self) -> str:
        if not self.tries:
            return self._untried()
        last = self.tries[-1]
        if last.outcome == OutcomeKind.REQUIRES_ACTION:
            return _("It is not charged: the bank wants the subscriber to confirm the payment, who was told by mail.")
        if last.outcome == OutcomeKind.DECLINED_FOR_GOOD:
            text = _("It is not charged: the method must not be tried again (%(code)s). The subscriber must pay.")
        else:
            text = _(
                "It is not charged: the last try failed (%(code)s), and no other follows. The subscriber must pay."
            )
        return text % {"code": self._last_code()}

    def _untried(self) -> str:
        failed = self.order.events.filter(kind=PaymentEvent.Kind.FAILED).order_by("pk").last()
        if failed is None:
            return self._unchargeable()
        if not failed.code:
            return _("It is not charged: the money that was on its way did not arrive. The subscriber must pay.")
        text = _("It is not charged: the provider refused it (%(code)s). The subscriber must pay.")
        return text % {"code": failed.code}

    def _unchargeable(self) -> str:
        if Renewal.objects.filter(subscription=self.order.subscription_id, auto_renew=False).exists():
            return _("It is not charged: automatic renewal is turned off. The subscriber must pay.")
        return _("It is not charged: there is no payment method that can be charged. The subscriber must pay.")

    def _open(self) -> str:
        if self.order.close_requested_at:
            return _(
                "It is not charged any more: it is being closed at the provider, as it was withdrawn, or access ended."
            )
        if self.order.due_at is None:
            if self.order.way == Order.Way.PAGE:
                return _("It is not paid: the subscriber has opened the provider's page, and has not paid there.")
            return _("It is not paid: the subscriber has not paid on the page, and nothing is charged by itself.")
        if not self.order.user.is_active:
            text = _("It is not charged: the subscriber's account is deactivated. It is looked at again %(at)s.")
            return text % {"at": self._due()}
        if self.tries:
            text = _("It is not charged yet: try %(number)s failed (%(code)s). The next one follows %(at)s.")
            return text % {"number": self.tries[-1].number, "code": self._last_code(), "at": self._due()}
        return _("It is not charged yet: the first try follows %(at)s.") % {"at": self._due()}

    def _last_code(self) -> str:
        last = self.tries[-1] if self.tries else None
        return last.code or last.outcome if last else "-"

    def _due(self) -> str:
        return _("on %(at)s") % {"at": _instant(self.order.due_at)} if self.order.due_at else "-"

    def _finished(self) -> str:
        return _instant(self.order.finished_at) if self.order.finished_at else "-"


def _beginning(order: Order) -> Iterator[OrderEvent]:
    yield OrderEvent(order.opened_at, _("opened"), f"{order.amount_text} {order.currency}")
    if order.consented_at:
        yield OrderEvent(order.consented_at, _("subscriber agreed"), order.terms)


def _end(order: Order) -> Iterator[OrderEvent]:
    if order.finished_at:
        yield OrderEvent(order.finished_at, order.get_state_display())


def _of_try(one: Attempt) -> OrderEvent:
    text = _("try %(number)s: %(outcome)s") % {"number": one.number, "outcome": one.outcome}
    return OrderEvent(one.ended_at, text, one.code)


def _of_request(refund: Refund) -> OrderEvent:
    detail = f"{refund.amount_text} {refund.currency}: {refund.reason}"
    return OrderEvent(refund.requested_at, _("refund asked for"), detail)


def _of_money(payment: Payment) -> OrderEvent:
    kind = _("surplus") if payment.surplus else payment.get_kind_display()
    return OrderEvent(payment.paid_at, kind, f"{payment.amount_text} {payment.currency}, {payment.transaction_id}")


def _of_settlement(settlement: SurplusSettlement, payment: Payment) -> OrderEvent:
    return OrderEvent(settlement.settled_at, _("surplus settled"), f"{payment.transaction_id}: {settlement.reason}")


def _instant(at: datetime) -> str:
    return f"{date_format(at, 'j M Y H:i')} UTC"
