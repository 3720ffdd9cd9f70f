"""Refunds: stored first, executed once whatever gets lost, and recorded as negative payments."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from foundation.mail import mail_kind
from payments.attention import needs_attention
from payments.charging.renewal_orders import open_orders
from payments.errors import NotRefundable
from payments.facts import apply
from payments.models import Order, Payment, PaymentEvent, Refund, Renewal
from payments.providers.interface import Fact, FactKind, OutcomeKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.overdue import BANK_DAYS, PATIENCE
from payments.refunds.requests import refundable, request_refund
from payments.signals import payment_event_recorded, payment_refunded
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService
from tests.payments.bank import NAME, Bank
from tests.payments.charging.renewal_orders import DUE, END, agree, charge, make_method
from tests.payments.opened_orders import first_order, money, renewal_order
from tests.payments.refunds.asked_refunds import DAY, HOUR, LATER, ask, dashboards, process, told
from tests.support.factories import NOW, has_access
from tests.support.ledger_provider import LedgerProvider
from tests.support.locks import wait_until_blocked

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def test_refund_is_executed_by_the_job_and_recorded_as_a_negative_payment(bank: Bank, payment: Payment) -> None:
    request = ask(payment)
    assert (bank.calls, request.state) == (0, "requested")

    assert process(bank) == 1

    returned = Payment.objects.get(kind="refund")
    assert (returned.of, returned.amount, returned.order, returned.subscription) == (
        payment,
        Decimal("-9.90"),
        payment.order,
        payment.subscription,
    )
    request.refresh_from_db()
    assert (request.state, request.transaction_id, request.due_at) == ("done", returned.transaction_id, None)
    assert PaymentEvent.objects.filter(kind="refunded", payment=returned).exists()
    assert process(bank, LATER + DAY) == 0
    assert Subscription.objects.get().status == "active"


def test_access_ends_with_the_refund_that_is_to_end_it(bank: Bank, payment: Payment) -> None:
    request = ask(payment, ends_now=True)
    assert payment.order is not None
    assert has_access(payment.order.user)
    process(bank)
    assert not has_access(payment.order.user)
    event = Subscription.objects.get().events.latest("pk")
    assert (event.reason, event.actor) == ("by mistake", request.requested_by)


def test_next_period_is_not_charged_while_a_refund_that_ends_the_subscription_takes_days(
    bank: Bank, payment: Payment, provider: LedgerProvider
) -> None:
    subscription = Subscription.objects.get()
    agree(subscription, make_method(subscription.user))
    open_orders(LedgerProvider.name, DUE, lambda: DAY)
    order = Order.objects.get(kind=Order.Kind.RENEWAL)
    ask(payment, ends_now=True, now=DUE)
    bank.losing = [OutcomeKind.PENDING]
    process(bank, DUE)
    charge(provider, END - timedelta(seconds=1))
    order.refresh_from_db()
    assert (provider.successes(), order.state, Renewal.objects.get().auto_renew) == ([], "void", False)
    subscription.refresh_from_db()
    assert subscription.access_end == END


@pytest.mark.parametrize("paid_at", [NOW, DUE])
def test_refund_ends_no_subscription_that_was_paid_for_since_it_was_asked_for(
    bank: Bank, payment: Payment, paid_at: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    """What was paid before was known to whoever asked."""
    order = renewal_order(Subscription.objects.get(), NOW)
    Order.objects.filter(pk=order.pk).update(state="pending", way="page", reference="cs_1")
    steps: list[Callable[[], object]] = [
        lambda: ask(payment, ends_now=True),
        lambda: record_payment(order, money(), now=paid_at),
    ]
    is_kept = paid_at > LATER
    for step in steps if is_kept else steps[::-1]:
        step()
    process(bank, paid_at + 2 * DAY)
    assert Subscription.objects.get().status == ("active" if is_kept else "expired")
    assert ("a refund ends no subscription that was paid for since" in caplog.text) is is_kept


@pytest.mark.parametrize("lost", [OutcomeKind.UNKNOWN, OutcomeKind.PENDING, OutcomeKind.NOTHING_HAPPENED])
def test_lost_answers_give_back_once(bank: Bank, payment: Payment, lost: OutcomeKind) -> None:
    request = ask(payment)
    bank.losing = [lost] * 4
    now = LATER
    for _tick in range(200):
        process(bank, now)
        now += timedelta(minutes=1)
    request.refresh_from_db()
    assert (request.state, bank.calls, len(bank.refunds)) == ("done", 5, 1)
    assert Payment.objects.filter(kind="refund").count() == 1


def test_refund_whose_caller_died_is_called_again_under_the_same_key(
    bank: Bank, payment: Payment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(payment)

    def dying(*arguments: Any) -> Any:
        Bank.refund(bank, *arguments)
        raise SystemExit

    monkeypatch.setattr(bank, "refund", dying)
    with pytest.raises(SystemExit):
        process(bank)
    monkeypatch.undo()
    assert process(bank, LATER + timedelta(minutes=1)) == 0, "within the lease"
    assert process(bank, LATER + timedelta(minutes=3)) == 1
    assert len(bank.refunds) == 1


def test_webhook_that_is_faster_than_the_answer_finishes_the_request(bank: Bank, payment: Payment) -> None:
    request = ask(payment, ends_now=True)
    told = Fact(
        FactKind.REFUNDED,
        LATER,
        reference=str(request.key),
        transaction_id="re-0",
        of="pi_1",
        amount=Decimal("9.90"),
        currency="EUR",
    )
    apply(NAME, told, LATER)
    request.refresh_from_db()
    assert (request.state, Subscription.objects.get().status) == ("done", "expired")
    assert process(bank) == 0
    assert bank.calls == 0


def test_refused_refund_says_why_and_needs_attention(bank: Bank, payment: Payment) -> None:
    request = ask(payment)
    bank.refusing = "insufficient_balance"
    process(bank)
    request.refresh_from_db()
    assert (request.state, request.code) == ("refused", "insufficient_balance")
    assert needs_attention(LATER)["refused_refunds"] == 1
    assert refundable(payment) == Decimal("9.90")


@pytest.mark.parametrize(
    ("state", "after", "counted"),
    [
        ("requested", PATIENCE, 0),
        ("requested", PATIENCE + MINUTE, 1),
        ("unknown", PATIENCE + MINUTE, 1),
        ("pending", BANK_DAYS, 0),
        ("pending", BANK_DAYS + MINUTE, 1),
        ("done", BANK_DAYS + MINUTE, 0),
    ],
)
@pytest.mark.parametrize("provider", ["", "manual", "tests.payments.bank.Bank"])
def test_refund_that_stays_unpaid_needs_attention_whoever_is_the_provider_now(
    payment: Payment, settings: LazySettings, provider: str, state: str, after: timedelta, counted: int
) -> None:
    settings.PAYMENT_PROVIDER = provider
    finished = {"finished_at": LATER, "due_at": None} if state == "done" else {}
    Refund.objects.filter(pk=ask(payment).pk).update(state=state, **finished)
    needed = needs_attention(LATER + after)
    assert (needed["overdue_refunds"], sum(needed.values())) == (counted, counted)


def test_refund_for_which_the_key_lacks_the_right_is_logged_and_tried_again(
    bank: Bank, payment: Payment, caplog: pytest.LogCaptureFixture
) -> None:
    request = ask(payment)
    bank.losing, bank.code = [OutcomeKind.NOTHING_HAPPENED], "PermissionError"
    process(bank)
    request.refresh_from_db()
    assert (request.state, request.code) == ("requested", "PermissionError")
    (line,) = [record for record in caplog.records if record.name == "payments.refunds.requests"]
    assert (line.levelname, vars(line)["refund"], vars(line)["code"]) == ("WARNING", request.pk, "PermissionError")
    assert process(bank, LATER + HOUR) == 1


def test_requests_are_finished_when_the_dashboard_has_left_nothing(bank: Bank, payment: Payment) -> None:
    first, second = ask(payment, "4.00"), ask(payment, "5.00")
    bank.losing = [OutcomeKind.UNKNOWN] * 2
    process(bank)
    bank.refunds.clear()  # the calls had no effect
    apply(NAME, dashboards("4.90"), LATER)
    for request in (first, second):
        request.refresh_from_db()
        assert request.finished_at is None, "what is left may still go back"
    apply(NAME, dashboards("5.00", "re-10"), LATER)
    first.refresh_from_db()
    second.refresh_from_db()
    assert [(each.state, each.transaction_id, each.code) for each in (first, second)] == [
        ("done", "re-10", "superseded"),
        ("done", "re-10", ""),
    ]
    assert not any(needs_attention(LATER + BANK_DAYS * 2).values())
    assert (process(bank, LATER + DAY), bank.calls) == (0, 2)


def test_late_news_of_a_finished_request_ends_nothing_again(payment: Payment) -> None:
    request = ask(payment, ends_now=True)
    apply(NAME, dashboards("9.90"), LATER)
    subscription = Subscription.objects.get()
    assert subscription.status == "expired"
    SubscriptionService.renew_subscription(subscription, now=LATER)
    apply(NAME, told(request, FactKind.REFUNDED), LATER)
    request.refresh_from_db()
    assert (request.transaction_id, Subscription.objects.get().status) == ("re-9", "active")
    assert Payment.objects.filter(kind="refund").count() == 2, "money that moved is recorded"


def test_amount_with_more_decimals_than_the_currency_is_refused(payment: Payment) -> None:
    with pytest.raises(NotRefundable, match="more decimals"):
        ask(payment, "1.005")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_two_refunds_at_once_never_give_more_than_was_paid(payment: Payment) -> None:
    def second() -> str:
        try:
            return ask(payment, "6.00").state
        except NotRefundable as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ask(payment, "6.00")
            other = pool.submit(second)
            wait_until_blocked()
        assert "3.90 EUR left" in other.result()
    assert [request.amount for request in Refund.objects.all()] == [Decimal("6.00")]


def test_no_more_goes_back_than_came(bank: Bank, payment: Payment) -> None:
    ask(payment, "6.00")
    with pytest.raises(NotRefundable, match=r"3\.90"):
        ask(payment, "3.91")
    process(bank)
    ask(payment, "3.90")
    with pytest.raises(NotRefundable):
        ask(payment, "0.01")
    process(bank)
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0
    with pytest.raises(NotRefundable):
        request_refund(Payment.objects.filter(kind="refund")[0], Decimal(1), "", ends_now=False, now=NOW, actor=None)


@pytest.mark.parametrize("amount", ["0", "-1"])
def test_amount_below_zero_is_refused(payment: Payment, amount: str) -> None:
    with pytest.raises(NotRefundable):
        ask(payment, amount)


def test_transfer_that_staff_recorded_is_recorded_as_returned_at_once() -> None:
    money = MoneyReceived("manual", "t-1", Decimal("9.90"), "EUR", NOW)
    request = ask(record_payment(first_order(), money, now=NOW))
    assert (request.state, Payment.objects.get(kind="refund").amount) == ("done", Decimal("-9.90"))


def test_surplus_goes_back_and_needs_no_attention_then(bank: Bank, payment: Payment) -> None:
    assert payment.order is not None
    surplus = record_payment(payment.order, MoneyReceived(NAME, "pi_2", Decimal(5), "EUR", NOW), now=NOW)
    assert needs_attention(NOW)["surplus"] == 1
    ask(surplus, "5.00")
    process(bank)
    assert needs_attention(NOW)["surplus"] == 0
    assert Subscription.objects.get().status == "active"


def test_public_signal_follows_the_commit(
    bank: Bank, payment: Payment, django_capture_on_commit_callbacks: Any
) -> None:
    heard = []

    def hear(**arguments: Any) -> None:
        heard.append((arguments["payment"].amount, arguments["of"]))

    ask(payment)
    payment_refunded.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            process(bank)
    finally:
        payment_refunded.disconnect(hear)
    assert heard == [(Decimal("-9.90"), payment)]


def refund_mail(payment: Payment) -> str:
    """Return the text of the mail about money that went back, as it is rendered when it is sent."""
    assert payment.order is not None
    rendered = mail_kind("payment_refunded").render("a@example.com", str(payment.order.user_id), LATER)
    return rendered.text if rendered else ""


def test_mail_of_a_refund_that_has_failed_meanwhile_is_obsolete(bank: Bank, payment: Payment) -> None:
    ask(payment)
    process(bank)
    assert "We have given back 9.90 EUR of your payment for Monthly" in refund_mail(payment)
    apply(NAME, told(Refund.objects.get(), FactKind.REFUND_FAILED), LATER)
    assert refund_mail(payment) == ""
    ask(payment)
    apply(NAME, told(Refund.objects.latest("pk"), FactKind.REFUNDED, "re-1"), LATER)
    assert "We have given back 9.90 EUR" in refund_mail(payment), "another one has arrived"


def test_refund_that_cannot_be_recorded_holds_up_no_other(bank: Bank, payment: Payment) -> None:
    other = record_payment(first_order(), MoneyReceived(NAME, "pi_2", Decimal("9.90"), "EUR", NOW), now=NOW)
    bad, good = ask(payment), ask(other)

    def break_(event: PaymentEvent, **_kwargs: Any) -> None:
        if event.payment is not None and event.payment.of_id == payment.pk:
            raise LookupError("a strict receiver broke")

    payment_event_recorded.connect(break_)
    try:
        assert process(bank) == 1
    finally:
        payment_event_recorded.disconnect(break_)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.finished_at, good.state) == (None, "done")
    assert process(bank, LATER + HOUR) == 1
    assert len(bank.refunds) == 2, "given back once each"
