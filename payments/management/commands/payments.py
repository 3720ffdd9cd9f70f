"""Operation of payments: attention, a payment's story, refunds, surplus, messages, customers, and the provider's list.

Prints nothing that tells who somebody is: on Lambda the output is in the log.
"""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.checks import ERROR
from django.core.management.base import BaseCommand, CommandError

from foundation import clock
from payments.attention import needs_attention
from payments.checks import check_stripe
from payments.errors import KeyRefused, PaymentError, ProviderUnavailable
from payments.methods.forgetting import mark_forgotten
from payments.models import Order, Payment, PaymentMethod, Refund, WebhookMessage
from payments.models.payment import TRANSACTION_ID_LENGTH
from payments.providers.registry import current
from payments.received_money.surplus import is_waiting, settle_surplus
from payments.reconciling import reconcile
from payments.refunds.outside_refunds import ReturnedOutside, is_left_to_staff, most_for, record_outside
from payments.refunds.requests import refundable, request_refund
from payments.webhooks.inbox import LONGEST_ERROR, ignore

LONGEST_DAYS = 30
"""Days for which Stripe keeps events: https://docs.stripe.com/api/events"""

WAY_OUT = "If it is not down, check the way out: with WayOut=ipv6 the function reaches IPv6 only (docs/runbook.md)."
NEW_KEY = "Put a valid one into the function's secret (docs/secrets.md)."


class NotAnswered(CommandError):
    """The provider does not answer from here. Lambda reports the name to the smoke test of a deployment."""


class Command(BaseCommand):
    help = "Show what needs attention or one order, refund or settle a payment, ignore a message, and reconcile."

    def add_arguments(self, parser: ArgumentParser) -> None:
        every = "show|refund|returned|settle|ignore|forgotten|reconcile|check"
        actions = parser.add_subparsers(dest="action", required=True, metavar=every)
        show = actions.add_parser(
            "show", help="count what needs attention, or show one order with its tries, payments and refunds"
        )
        show.add_argument("order", type=int, nargs="?", help="primary key of an order")
        refund = actions.add_parser("refund", help="give a payment back; the job executes it within a minute")
        refund.add_argument("payment", type=int, help="primary key of the payment")
        refund.add_argument("--amount", help="amount to give back; default: all that is left")
        refund.add_argument("--reason", required=True, help="recorded with the refund; name nobody in it")
        refund.add_argument("--end-now", action="store_true", help="end the subscription when the money has gone back")
        refund.add_argument("--apply", action="store_true", help="request the refund; without this, show what is left")
        _add_returned(actions.add_parser("returned", help="record that the money of a refund went back outside"))
        settle = actions.add_parser("settle", help="record that a surplus is dealt with otherwise than by a refund")
        settle.add_argument("payment", type=int, help="primary key of the payment")
        settle.add_argument("--reason", required=True, help="recorded with the settlement; name nobody in it")
        settle.add_argument("--apply", action="store_true", help="settle it; without this, show whether it waits")
        _add_ignore(actions.add_parser("ignore", help="give up a webhook message that can never be applied"))
        forgotten = actions.add_parser(
            "forgotten", help="list customers whom the provider has not deleted yet, or record that an operator did it"
        )
        forgotten.add_argument("method", type=int, nargs="?", help="primary key of a payment method of the customer")
        forgotten.add_argument("--apply", action="store_true", help="record it; without this, show the customer")
        again = actions.add_parser("reconcile", help="record payments that the provider lists and no webhook reported")
        days = range(1, LONGEST_DAYS + 1)
        again.add_argument(
            "--days", type=int, default=3, choices=days, metavar=f"1..{LONGEST_DAYS}", help="default: %(default)s"
        )
        actions.add_parser("check", help="test the provider's key, and the way to it from here")

    def handle(self, *args: Any, **options: Any) -> None:
        actions = {
            "show": self._show,
            "refund": self._refund,
            "returned": self._returned,
            "settle": self._settle,
            "ignore": self._ignore,
            "forgotten": self._forgotten,
            "reconcile": self._reconcile,
            "check": self._check,
        }
        try:
            actions[options["action"]](options)
        except PaymentError as error:
            raise CommandError(str(error)) from error

    def _show(self, options: dict[str, Any]) -> None:
        if options["order"] is None:
            self._write(**needs_attention(clock.now()))
            return
        order = Order.objects.filter(pk=options["order"]).first()
        if order is None:
            raise CommandError(f"there is no order {options['order']}")
        self._write(order=order.pk, kind=order.kind, state=order.state, amount=order.amount, currency=order.currency)
        self._write(way=order.way or "-", provider=order.provider or "-", reference=order.reference or "-")
        for attempt in order.tries.order_by("number"):
            self._write(attempt=attempt.number, at=attempt.ended_at, outcome=attempt.outcome, code=attempt.code or "-")
        for payment in order.payments.order_by("pk"):
            self._write_payment(payment)

    def _write_payment(self, payment: Payment) -> None:
        self._write(
            payment=payment.pk,
            kind=payment.kind,
            amount=payment.amount,
            currency=payment.currency,
            transaction=payment.transaction_id,
            paid_at=payment.paid_at,
            surplus=payment.surplus,
            settled=payment.settled is not None,
        )
        for refund in payment.refunds.order_by("pk"):
            self._write(refund=refund.pk, amount=refund.amount, state=refund.state, code=refund.code or "-")

    def _refund(self, options: dict[str, Any]) -> None:
        payment = _payment(options["payment"])
        amount = _amount(options["amount"]) if options["amount"] else refundable(payment)
        self._write(payment=payment.pk, left=refundable(payment), amount=amount, currency=payment.currency)
        if options["apply"]:
            given = {"ends_now": options["end_now"], "now": clock.now(), "actor": None}
            request = request_refund(payment, amount, options["reason"], **given)
            self._write(refund=request.pk, state=request.state)

    def _returned(self, options: dict[str, Any]) -> None:
        request, now = _request(options["refund"]), clock.now()
        amount = _amount(options["amount"]) if options["amount"] else request.amount
        waits = is_left_to_staff(request, now)
        self._write(refund=request.pk, left=most_for(request), amount=amount, currency=request.currency, waits=waits)
        if options["apply"]:
            seen = ReturnedOutside(options["transaction"], amount, options["by_provider"])
            made = record_outside(request, seen, options["reason"], now=now, actor=None)
            self._write(payment=made.pk, amount=made.amount, provider=made.provider, transaction=made.transaction_id)

    def _settle(self, options: dict[str, Any]) -> None:
        payment = _payment(options["payment"])
        waits = is_waiting(payment)
        self._write(payment=payment.pk, amount=payment.amount, currency=payment.currency, waits=waits)
        if options["apply"]:
            made = settle_surplus(payment, options["reason"], now=clock.now(), actor=None)
            self._write(payment=payment.pk, settled=True, at=made.settled_at)

    def _ignore(self, options: dict[str, Any]) -> None:
        key = options["message"]
        message = WebhookMessage.objects.filter(pk=key).first()
        if message is None:
            raise CommandError(f'there is no webhook message {key}; "Webhook messages" in the admin lists them')
        known = {"outcome": message.outcome, "error": message.error or "-"}
        self._write(message=key, provider=message.provider, type=message.type, **known)
        if options["apply"]:
            ignore(key, options["reason"])
            self._write(message=key, outcome=WebhookMessage.Outcome.IGNORED)

    def _forgotten(self, options: dict[str, Any]) -> None:
        now, key = clock.now(), options["method"]
        methods = PaymentMethod.objects.to_forget() if key is None else PaymentMethod.objects.filter(pk=key)
        for each in methods.order_by("pk"):
            self._write(method=each.pk, provider=each.provider, customer=each.customer or "-")
        if key is None:
            return
        method = methods.first()
        if method is None:
            raise CommandError(f"there is no payment method {key}; `payments forgotten` lists those that wait")
        if options["apply"]:
            mark_forgotten(method, now)
            self._write(method=key, forgotten=True, at=now)

    def _reconcile(self, options: dict[str, Any]) -> None:
        provider = current()
        if provider is None:
            self.stdout.write("nothing to reconcile: PAYMENT_PROVIDER is empty or manual")
            return
        now = clock.now()
        found = reconcile(provider, now - timedelta(days=options["days"]), now)
        self._write(**found.summary())
        for transaction_id in found.unaccounted:
            self._write(unaccounted=transaction_id)

    def _check(self, options: dict[str, Any]) -> None:
        provider = current()
        if provider is None:
            self.stdout.write("nobody to ask: PAYMENT_PROVIDER is empty or manual")
            return
        _refuse_unsafe_settings()
        try:
            facts = provider.since(clock.now() - timedelta(minutes=1))
            list(facts or ())  # the calls may be made while it is read
        except KeyRefused as error:
            raise CommandError(f"{provider.name} does not accept the key: {error}. {NEW_KEY}") from error
        except ProviderUnavailable as error:
            raise NotAnswered(f"{provider.name} does not answer from here: {error}. {WAY_OUT}") from error
        if facts is None:
            self.stdout.write(f"provider {provider.name} was not asked: it has no list of what happened")
            return
        self._write(provider=provider.name, answers="yes")

    def _write(self, **values: object) -> None:
        self.stdout.write(", ".join(f"{name} {value}" for name, value in values.items()))


def _refuse_unsafe_settings() -> None:
    """Raise CommandError for what the system checks call an error: the function alone knows the key, and runs none."""
    unsafe = [message for message in check_stripe() if message.level >= ERROR]
    if unsafe:
        raise CommandError(" ".join(f"{message.msg} ({message.id}). {message.hint}" for message in unsafe))


def _add_returned(returned: ArgumentParser) -> None:
    returned.add_argument("refund", type=int, help="primary key of the refund")
    returned.add_argument(
        "--transaction", required=True, type=_number, help="number of the transfer, or of the provider's refund"
    )
    returned.add_argument("--by-provider", action="store_true", help="the number is the provider's, not the bank's")
    returned.add_argument("--amount", help="amount that went back; default: all of the refund")
    returned.add_argument("--reason", required=True, help="recorded with the refund; name nobody in it")
    returned.add_argument("--apply", action="store_true", help="record it; without this, show what is left")


def _add_ignore(ignored: ArgumentParser) -> None:
    ignored.add_argument("message", type=int, help="primary key of the webhook message")
    ignored.add_argument("--reason", required=True, type=_reason, help="recorded with the message; name nobody in it")
    ignored.add_argument("--apply", action="store_true", help="ignore it; without this, show its error")


def _reason(text: str) -> str:
    reason = text.strip()
    if not 0 < len(reason) <= LONGEST_ERROR:
        raise ArgumentTypeError(f"a reason has 1 to {LONGEST_ERROR} characters")
    return reason


def _number(text: str) -> str:
    number = text.strip()
    if not 0 < len(number) <= TRANSACTION_ID_LENGTH:
        raise ArgumentTypeError(f"a number has 1 to {TRANSACTION_ID_LENGTH} characters")
    return number


def _request(key: int) -> Refund:
    request = Refund.objects.select_related("payment__order").filter(pk=key).first()
    if request is None:
        raise CommandError(f"there is no refund {key}; `payments show ORDER` lists an order's")
    return request


def _payment(key: int) -> Payment:
    payment = Payment.objects.select_related("order").filter(pk=key).first()
    if payment is None:
        raise CommandError(f"there is no payment {key}; `payments show ORDER` lists an order's")
    return payment


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"{text} is no amount; write it as in 9.90") from error
