"""Refunds that went back outside: recorded once, by whoever may refund, where nobody else finishes them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.core import mail
from django.db import connection, transaction

from foundation import clock
from payments.attention import needs_attention
from payments.errors import AlreadyRecorded, NothingToRecord, NotRefundable, PaymentError, RefundUnderWay
from payments.facts import apply
from payments.models import Payment, PaymentEvent, Refund
from payments.next_due import next_payment
from payments.personal_data import Payments
from payments.providers.interface import Fact, FactKind, Outcome, OutcomeKind
from payments.received_money.recording import MoneyReceived, record_payment
from payments.refunds.outside_refunds import ReturnedOutside, record_outside
from payments.refunds.overdue import BANK_DAYS
from payments.refunds.requests import process_refunds, refundable
from tests.payments.bank import NAME, Bank
from tests.payments.opened_orders import first_order
from tests.payments.outside_refunds import LATE, REASON, ask, pay_through_a_former_provider
from tests.support.factories import has_access
from tests.support.locks import wait_until_blocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]

HOUR = timedelta(hours=1)
BANK = "tests.payments.bank.Bank"


@pytest.fixture
def payment() -> Payment:
    return pay_through_a_former_provider()


@pytest.fixture
def request_(payment: Payment) -> Refund:
    return ask(payment)


def seen(transaction_id: str = "T-4711", amount: str = "9.90", *, by_provider: bool = False) -> ReturnedOutside:
    return ReturnedOutside(transaction_id, Decimal(amount), by_provider)


def record(request: Refund, money: ReturnedOutside | None = None) -> Payment:
    clerk = get_user_model().objects.get(username="clerk")
    return record_outside(request, money or seen(), REASON, now=clock.now(), actor=clerk)


def told(kind: FactKind, transaction_id: str, reference: str = "") -> Fact:
    return Fact(
        kind,
        clock.now(),
        reference=reference,
        transaction_id=transaction_id,
        of="pi_1",
        amount=Decimal("9.90"),
        currency="EUR",
    )


@pytest.mark.parametrize(
    ("money", "provider"), [(seen(), "manual"), (seen("re-0", by_provider=True), NAME)], ids=["transfer", "dashboard"]
)
@pytest.mark.parametrize("setting", ["manual", "stripe"])
def test_money_is_recorded_as_returned_and_the_request_is_done(
    request_: Refund, settings: LazySettings, setting: str, money: ReturnedOutside, provider: str
) -> None:
    settings.PAYMENT_PROVIDER = setting
    made, paid = record(request_, money), request_.payment
    made.refresh_from_db()
    request_.refresh_from_db()
    assert (made.kind, made.of, made.amount, made.provider) == ("refund", paid, Decimal("-9.90"), provider)
    assert (made.transaction_id, made.order, made.subscription) == (money.transaction_id, paid.order, paid.subscription)
    assert str(made.recorded_by) == "clerk"
    assert (request_.state, request_.transaction_id, request_.due_at) == ("done", money.transaction_id, None)
    assert (request_.closing_reason, request_.reason) == (REASON, "by mistake")
    assert refundable(paid) == 0


def test_alarm_ends_and_the_database_may_sleep(request_: Refund) -> None:
    now = clock.now()
    assert (needs_attention(now)["overdue_refunds"], next_payment(now)) == (1, now)
    record(request_)
    assert not any(needs_attention(now + BANK_DAYS * 2).values())
    assert next_payment(now) is None


@pytest.mark.parametrize("ends_now", [True, False])
def test_what_follows_is_what_follows_a_refund_by_the_provider(
    payment: Payment, ends_now: bool, django_capture_on_commit_callbacks: Any
) -> None:
    def outside(number: str, finish: Callable[[Refund], object]) -> tuple[object, ...]:
        now = clock.now()
        paid = record_payment(first_order(now=now), MoneyReceived(NAME, number, Decimal("9.90"), "EUR", now), now=now)
        asked = ask(paid, ends_now=ends_now)
        with django_capture_on_commit_callbacks(execute=True):
            finish(asked)
        assert paid.order is not None
        assert paid.subscription is not None
        last = paid.subscription.events.latest("pk")
        events = list(PaymentEvent.objects.filter(order=paid.order).order_by("pk").values_list("kind", flat=True))
        message = mail.outbox.pop()
        paid.subscription.refresh_from_db()
        return (
            paid.subscription.status,
            has_access(paid.order.user),
            (last.transition, last.reason, last.actor == asked.requested_by),
            events,
            (message.subject, message.body),
            refundable(paid),
        )

    usual = outside("pi_2", lambda asked: process_refunds(Bank(), clock.now(), lambda: HOUR))
    assert outside("pi_3", record) == usual
    assert usual[:2] == (("expired", False) if ends_now else ("active", True))


def test_part_of_it_leaves_the_rest_to_give_back(request_: Refund) -> None:
    record(request_, seen(amount="4.00"))
    request_.refresh_from_db()
    assert (request_.state, request_.code, request_.amount) == ("done", "", Decimal("4.00"))
    assert refundable(request_.payment) == Decimal("5.90")


@pytest.mark.parametrize("amount", ["0", "-1", "5.91", "1.005"])
def test_wrong_amount_is_refused(payment: Payment, amount: str) -> None:
    ask(payment, "4.00")
    request = ask(payment, "5.00")
    with pytest.raises(NotRefundable):
        record(request, seen(amount=amount))
    assert Payment.objects.count() == 1


def test_same_number_is_recorded_once(payment: Payment) -> None:
    first, second = ask(payment, "4.00"), ask(payment, "5.00")
    record(first, seen(amount="4.00"))
    for money in (seen(amount="5.00"), seen(amount="5.00", by_provider=True)):
        with pytest.raises(AlreadyRecorded):
            record(second, money)
    with pytest.raises(NothingToRecord):
        record(first, seen("T-4712", "4.00"))
    second.refresh_from_db()
    assert (second.state, second.closing_reason, refundable(payment)) == ("requested", "", Decimal("0.90"))


@pytest.mark.parametrize("by_provider", [True, False])
def test_later_report_of_the_same_refund_does_not_count_twice(request_: Refund, by_provider: bool) -> None:
    record(request_, seen("re-0", by_provider=by_provider))
    for reference in ("", str(request_.key)):
        apply(NAME, told(FactKind.REFUNDED, "re-0", reference), clock.now())
    assert refundable(request_.payment) == 0
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


@pytest.mark.parametrize("by_provider", [True, False])
def test_refund_that_is_reported_first_leaves_nothing_to_record(payment: Payment, by_provider: bool) -> None:
    request = ask(payment, "4.00")
    apply(NAME, told(FactKind.REFUNDED, "re-0"), clock.now())
    request.refresh_from_db()
    assert (request.state, request.code) == ("done", "superseded")
    with pytest.raises(NothingToRecord):
        record(request, seen("re-0", "4.00", by_provider=by_provider))
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


@pytest.mark.parametrize("by_provider", [True, False])
def test_recorded_refund_that_fails_is_cancelled_out(request_: Refund, by_provider: bool) -> None:
    record(request_, seen("re-0", by_provider=by_provider))
    for _time in range(2):
        apply(NAME, told(FactKind.REFUND_FAILED, "re-0", str(request_.key)), clock.now())
    request_.refresh_from_db()
    assert (request_.state, refundable(request_.payment)) == ("refused", Decimal("9.90"))
    again = ask(request_.payment)
    with pytest.raises(AlreadyRecorded):
        record(again, seen("re-0", by_provider=by_provider))
    record(again)
    assert refundable(request_.payment) == 0


def test_failure_of_another_refund_of_the_request_changes_nothing_of_the_transfer(request_: Refund) -> None:
    record(request_)
    apply(NAME, told(FactKind.REFUND_FAILED, "re-0", str(request_.key)), clock.now())
    request_.refresh_from_db()
    assert (request_.state, request_.transaction_id) == ("done", "T-4711")
    assert refundable(request_.payment) == 0


def test_refund_that_the_provider_made_as_well_is_recorded_and_counted(
    request_: Refund, caplog: pytest.LogCaptureFixture
) -> None:
    record(request_)
    apply(NAME, told(FactKind.REFUNDED, "re-0", str(request_.key)), clock.now())
    assert sum(Payment.objects.values_list("amount", flat=True)) == Decimal("-9.90"), "money that moved is recorded"
    assert [line.message for line in caplog.records if line.levelname == "ERROR"] == ["a refund went back twice"]
    assert needs_attention(clock.now())["double_refunds"] == 1
    assert next_payment(now := clock.now()) == now, "the database stays awake while the alarm counts it"


def test_present_provider_executes_it_unless_its_outcome_stays_unknown(
    payment: Payment, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = BANK
    request = ask(payment)
    for state in ("requested", "pending"):
        Refund.objects.filter(pk=request.pk).update(state=state)
        with pytest.raises(NothingToRecord):
            record(request)
    Refund.objects.filter(pk=request.pk).update(state="unknown", requested_at=clock.now())
    with pytest.raises(NothingToRecord):
        record(request)
    Refund.objects.filter(pk=request.pk).update(requested_at=clock.now() - LATE)
    record(request)
    bank = Bank()
    assert (process_refunds(bank, clock.now() + HOUR, lambda: HOUR), bank.calls) == (0, 0)


class Watched(Bank):
    """Bank during whose call an operator records the refund."""

    answer: Outcome | None = None

    def __init__(self, request: Refund) -> None:
        super().__init__()
        self.request = request
        self.refusal: PaymentError | None = None

    def refund(self, payment: Payment, amount: Decimal, key: str) -> Outcome:
        try:
            record(self.request)
        except RefundUnderWay as error:
            self.refusal = error
        return super().refund(payment, amount, key)


@pytest.mark.parametrize("lost", [OutcomeKind.UNKNOWN, OutcomeKind.NOTHING_HAPPENED])
def test_nothing_is_recorded_while_a_call_is_under_way(request_: Refund, lost: OutcomeKind) -> None:
    bank = Watched(request_)
    bank.losing = [lost]
    process_refunds(bank, clock.now(), lambda: HOUR)
    request_.refresh_from_db()
    assert isinstance(bank.refusal, RefundUnderWay)
    assert timedelta() < bank.refusal.until - clock.now() <= timedelta(minutes=2)
    assert f"{bank.refusal.until:%H:%M:%S} UTC" in str(bank.refusal)
    assert request_.lease_until is None, "the call is over"
    record(request_)
    assert Payment.objects.filter(kind="refund").count() == 1


def test_lease_of_a_caller_that_died_ends(request_: Refund) -> None:
    Refund.objects.filter(pk=request_.pk).update(lease_until=clock.now() + timedelta(minutes=1))
    with pytest.raises(RefundUnderWay):
        record(Refund.objects.get())
    Refund.objects.filter(pk=request_.pk).update(lease_until=clock.now() - timedelta(minutes=1))
    record(Refund.objects.get())


def at_once(first: Callable[[], object], second: Callable[[], object]) -> str:
    """Do the second while the first is not committed; return what it says."""

    def other() -> str:
        try:
            return str(second())
        except PaymentError as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            answer = pool.submit(other)
            wait_until_blocked()
        return answer.result()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_of_two_operators_at_once_one_records(request_: Refund) -> None:
    again = Refund.objects.get(pk=request_.pk)
    assert at_once(lambda: record(request_), lambda: record(again, seen("T-4712"))) == "NothingToRecord"
    assert Payment.objects.get(kind="refund").transaction_id == "T-4711"


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_same_number_for_two_payments_at_once_is_recorded_once(request_: Refund) -> None:
    now = clock.now()
    money = MoneyReceived(NAME, "pi_2", Decimal("9.90"), "EUR", now)
    other = ask(record_payment(first_order(now=now), money, now=now))
    assert at_once(lambda: record(request_), lambda: record(other)) == "AlreadyRecorded"
    other.refresh_from_db()
    assert (other.state, other.closing_reason) == ("requested", "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_call_that_is_to_begin_at_once_does_not_begin(request_: Refund) -> None:
    bank = Bank()
    process = lambda: process_refunds(bank, clock.now(), lambda: HOUR)  # noqa: E731 - as short as its neighbours
    assert at_once(lambda: record(request_), process) == "0"
    assert bank.calls == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_report_of_the_same_refund_at_once_counts_once(request_: Refund) -> None:
    fact = told(FactKind.REFUNDED, "re-0", str(request_.key))

    def report() -> None:
        with transaction.atomic():
            apply(NAME, fact, clock.now())

    assert at_once(lambda: record(request_, seen("re-0", by_provider=True)), report) == "None"
    assert Payment.objects.filter(kind="refund").count() == 1


def test_export_says_how_it_went_back(request_: Refund) -> None:
    record(request_)
    assert request_.payment.order is not None
    (refund,) = Payments().export(request_.payment.order.user)["refunds"]
    assert (refund["state"], refund["closing_reason"]) == ("done", REASON)
