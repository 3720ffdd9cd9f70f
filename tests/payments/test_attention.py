"""Money that needs an operator, as the alarm counts it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from pytest_django.fixtures import DjangoAssertNumQueries

from payments.attention import needs_attention, next_attention
from payments.facts import apply
from payments.models import Attempt, Dispute, Order, OrderState, PaymentMethod, Refund, Renewal, WebhookMessage
from payments.next_due import next_payment
from payments.providers.interface import Fact, FactKind
from payments.received_money.recording import record_payment
from payments.refunds.overdue import BANK_DAYS, PATIENCE
from tests.payments.bank import NAME as BANK
from tests.payments.charging.renewal_orders import DAY, DUE, END, charge, due_order
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW, make_user
from tests.support.ledger_provider import AFTER, KEY_REFUSED, LedgerProvider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("through_the_ledger")]

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


def silent(name: str) -> str:
    """Lose the answer to every charge and question."""
    return AFTER if name in {"charge", "ask"} else ""


def test_charge_whose_outcome_stays_unknown_counts_after_half_an_hour_of_questions(provider: LedgerProvider) -> None:
    due_order()
    provider.faults = silent
    for minutes in range(0, 30, 6):
        charge(provider, DUE + minutes * MINUTE)
        assert needs_attention(DUE + minutes * MINUTE)["unknown"] == 0
    charge(provider, DUE + PATIENCE)
    assert Order.objects.get().state == OrderState.UNKNOWN
    assert provider.calls().count("ask") > 1
    assert needs_attention(DUE + PATIENCE)["unknown"] == 0
    assert needs_attention(DUE + PATIENCE + MICROSECOND)["unknown"] == 1


def test_charge_that_is_settled_counts_no_longer_and_begins_anew(provider: LedgerProvider) -> None:
    order = due_order("declined")
    provider.faults = silent
    charge(provider)
    provider.faults = lambda _name: ""
    charge(provider, DUE + PATIENCE)
    assert Order.objects.get().state == OrderState.OPEN
    provider.faults = silent
    later = Order.objects.get().due_at
    assert later is not None
    charge(provider, later)
    assert Order.objects.get().state == OrderState.UNKNOWN
    assert Order.objects.get(pk=order.pk).unknown_since == later
    assert needs_attention(later)["unknown"] == 0


def test_charge_that_a_message_made_unknown_counts_from_the_message(provider: LedgerProvider) -> None:
    order = due_order("declined")
    charge(provider)
    reference = Order.objects.get().reference
    apply(provider.name, Fact(FactKind.PENDING, DUE, order_id=order.pk, reference=reference), DUE + MINUTE)
    assert Order.objects.get().state == OrderState.UNKNOWN
    assert needs_attention(DUE + MINUTE + PATIENCE)["unknown"] == 0
    assert needs_attention(DUE + MINUTE + PATIENCE + MICROSECOND)["unknown"] == 1


def message_that_waits() -> None:
    WebhookMessage.objects.create(
        provider="stripe", message_id="evt_1", type="charge.refunded", made_at=NOW, received_at=NOW, body={}
    )


def dispute() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    Dispute.objects.create(
        payment=payment,
        amount=payment.amount,
        currency=payment.currency,
        provider=payment.provider,
        transaction_id="dp_1",
        code="fraudulent",
        opened_at=NOW,
    )


def surplus() -> None:
    order = first_order()
    record_payment(order, money(), now=NOW)
    assert record_payment(order, money(), now=NOW).surplus


@pytest.mark.parametrize(
    ("kind", "happen"), [("messages", message_that_waits), ("disputes", dispute), ("surplus", surplus)]
)
def test_what_waits_for_a_decision_counts(kind: str, happen: Callable[[], None]) -> None:
    assert not any(needs_attention(NOW + PATIENCE + MICROSECOND).values())
    happen()
    assert {name for name, number in needs_attention(NOW + PATIENCE + MICROSECOND).items() if number} == {kind}


def customer_to_delete(provider: str = "stripe") -> PaymentMethod:
    return PaymentMethod.objects.create(
        user=make_user(), provider=provider, customer="cus_1", token="pm_1", removed_at=NOW, forget_requested_at=NOW
    )


def test_customer_whom_the_provider_does_not_delete_counts_after_a_day(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "tests.payments.bank.Bank"
    customer_to_delete(BANK)
    assert next_attention(NOW) == NOW + DAY
    assert needs_attention(NOW + DAY)["customers"] == 0
    assert needs_attention(NOW + DAY + MICROSECOND)["customers"] == 1
    PaymentMethod.objects.update(forgotten_at=NOW + DAY)
    assert needs_attention(NOW + DAY + MICROSECOND)["customers"] == 0


@pytest.mark.parametrize("provider_now", ["manual", "tests.payments.bank.Bank"])
def test_customer_of_a_former_provider_counts_at_once_and_keeps_the_database_awake(
    provider_now: str, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = provider_now
    method = customer_to_delete()
    PaymentMethod.objects.create(
        user=method.user, provider="stripe", customer="cus_1", token="pm_2", removed_at=NOW, forget_requested_at=NOW
    )
    assert needs_attention(NOW)["customers"] == 1  # the same customer, with two cards
    assert next_payment(NOW) == NOW


def refund_without_an_answer() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    asked = {"requested_at": NOW, "due_at": NOW + timedelta(hours=6), "state": Refund.State.UNKNOWN}
    Refund.objects.create(payment=payment, amount=payment.amount, currency=payment.currency, reason="r", **asked)


@pytest.mark.parametrize("happen", [message_that_waits, refund_without_an_answer])
@pytest.mark.parametrize("provider_now", ["manual", "tests.payments.bank.Bank"])
def test_database_that_sleeps_is_woken_when_time_alone_makes_something_need_attention(
    happen: Callable[[], None], provider_now: str, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = provider_now
    assert next_payment(NOW) is None
    happen()
    Order.objects.update(due_at=None)
    assert next_payment(NOW + MINUTE) == NOW + PATIENCE
    assert next_payment(NOW + PATIENCE + MICROSECOND) == NOW + PATIENCE + MICROSECOND


def test_refund_that_the_bank_explains_needs_attention_after_two_weeks(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    refund_without_an_answer()
    Refund.objects.update(state=Refund.State.PENDING)
    assert next_payment(NOW + MINUTE) == NOW + BANK_DAYS
    assert needs_attention(NOW + BANK_DAYS)["overdue_refunds"] == 0
    assert needs_attention(NOW + BANK_DAYS + MICROSECOND)["overdue_refunds"] == 1


def charge_at(provider: LedgerProvider, *instants: datetime) -> None:
    for instant in instants:
        charge(provider, instant)


@pytest.mark.parametrize("refused_calls", [{"prepare"}, {"charge"}])
def test_renewal_that_no_try_reaches_counts_once_its_period_has_begun(
    provider: LedgerProvider, refused_calls: set[str]
) -> None:
    order = due_order()
    provider.faults = lambda name: KEY_REFUSED if name in refused_calls else ""
    charge_at(provider, DUE, DUE + DAY / 2, END)
    assert needs_attention(END)["untried"] == 0
    assert next_attention(DUE) == next_attention(END) == END
    assert needs_attention(END + MICROSECOND)["untried"] == 1
    provider.faults = lambda _name: ""
    charge(provider, END + MINUTE * 6)
    order.refresh_from_db()
    assert order.state == OrderState.PAID
    assert not any(needs_attention(END + DAY).values())


def test_renewal_that_was_declined_is_no_untried_one(provider: LedgerProvider) -> None:
    due_order("declined")
    charge(provider)
    assert Attempt.objects.exists()
    assert not any(needs_attention(END + MICROSECOND).values())
    assert next_attention(DUE) is None


def left_to_the_page() -> None:
    Order.objects.update(way=Order.Way.PAGE)


def not_planned() -> None:
    Order.objects.update(due_at=None)


def to_be_closed() -> None:
    Order.objects.update(close_requested_at=DUE)


def agreement_off() -> None:
    Renewal.objects.update(auto_renew=False)


def method_removed() -> None:
    PaymentMethod.objects.update(removed_at=DUE)


def user_deactivated() -> None:
    get_user_model().objects.update(is_active=False)


@pytest.mark.parametrize(
    "change", [left_to_the_page, not_planned, to_be_closed, agreement_off, method_removed, user_deactivated]
)
def test_renewal_that_is_not_to_be_charged_is_no_untried_one(change: Callable[[], None]) -> None:
    due_order()
    assert needs_attention(END + MICROSECOND)["untried"] == 1
    change()
    assert needs_attention(END + MICROSECOND)["untried"] == 0
    assert next_attention(DUE) is None


@pytest.mark.parametrize("orders", [1, 5])
def test_counting_takes_nine_queries(orders: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _number in range(orders):
        due_order()
    with django_assert_num_queries(9):  # one per kind
        assert needs_attention(END + MICROSECOND)["untried"] == orders
