"""Jobs and the command of payments."""

import logging
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from foundation import clock
from payments.jobs import process_payments, reconcile_payments
from payments.models import Order, Payment, PaymentMethod, Refund, Renewal
from payments.next_due import WORK
from payments.received_money.recording import record_payment
from subscriptions.services import SubscriptionService as Service
from tests.payments.charging.renewal_orders import END, agree
from tests.payments.opened_orders import first_order, money
from tests.payments.providers.stripe.scripted import Script
from tests.support.factories import NOW, make_plan, make_user
from tests.support.lambda_context import SCHEDULED, Context

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
BANK = "tests.payments.bank.Bank"


class Unhurried(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", *arguments, stdout=out)
    return out.getvalue()


def test_without_a_provider_the_jobs_do_nothing() -> None:
    assert not any(work.is_on() or work.next_due(NOW) for work in WORK)
    assert process_payments(dict(SCHEDULED), Context()) == reconcile_payments(dict(SCHEDULED), Context()) == {}


@pytest.mark.parametrize("provider", [BANK, "manual"])
@pytest.mark.parametrize("surplus", [0, 1])
def test_surplus_is_a_metric_at_every_run(
    surplus: int, provider: str, settings: LazySettings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PAYMENT_PROVIDER = provider
    order = first_order()
    for _payment in range(1 + surplus):
        record_payment(order, money(), now=NOW)
    with caplog.at_level(logging.INFO):
        process_payments(dict(SCHEDULED), Unhurried())
    lines: list[Any] = [record.msg for record in caplog.records if record.name == "foundation.jobs.metrics"]
    assert [line["PaymentsNeedAttention"] for line in lines if "PaymentsNeedAttention" in line] == [1] * surplus


def test_key_that_may_not_charge_is_an_error_and_once_a_period_has_begun_a_metric(
    online: Script, caplog: pytest.LogCaptureFixture
) -> None:
    subscription = Service.create_subscription(make_user(), make_plan(grace_days=7), now=NOW)
    agree(subscription, PaymentMethod.objects.create(user=subscription.user, provider="stripe", token="pm_1"))
    needed, errors = [], []
    for instant in (END - HOUR, END + HOUR):
        online.refuse(403)
        with time_machine.travel(instant, tick=False), caplog.at_level(logging.INFO):
            process_payments(dict(SCHEDULED), Unhurried())
        lines: list[Any] = [record.msg for record in caplog.records if record.name == "foundation.jobs.metrics"]
        needed.append([line["PaymentsNeedAttention"] for line in lines if "PaymentsNeedAttention" in line])
        errors.append([vars(record)["codes"] for record in caplog.records if record.levelno >= logging.WARNING])
        caplog.clear()
    assert [request.path for request in online.requests] == ["/v1/payment_intents"] * 2
    assert errors == [["PermissionError"], ["PermissionError"]]
    assert needed == [[], [1]]


@pytest.mark.parametrize("surplus", [0, 1])
def test_surplus_of_transfers_keeps_the_database_awake_and_its_absence_does_not(
    surplus: int, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    order = first_order()
    for _payment in range(1 + surplus):
        record_payment(order, money(), now=NOW)
    (work,) = WORK
    assert work.is_on()
    assert work.next_due(NOW) == (NOW if surplus else None)
    assert not surplus or list(work.reasons(NOW)) == ["Money needs attention: see Payments."]


def test_provider_that_charges_by_itself_gets_no_renewal_orders(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = BANK
    subscription = Service.create_subscription(make_user(), make_plan(duration_days=1), now=clock.now())
    method = PaymentMethod.objects.create(user=subscription.user, provider="bank", customer="c", token="t")
    agreed = {"auto_renew": True, "amount": Decimal("9.90"), "currency": "EUR", "agreed_at": NOW}
    Renewal.objects.create(subscription=subscription, method=method, **agreed)

    process_payments(dict(SCHEDULED), Unhurried())

    subscription.refresh_from_db()
    assert not Order.objects.exists()
    assert subscription.grace_until is None


def test_refund_by_the_command_is_shown_first_and_made_with_apply() -> None:
    payment = record_payment(first_order(), money(), now=NOW)
    wanted = ("refund", str(payment.pk), "--reason", "paid twice")
    assert "left 9.90, amount 9.90" in run(*wanted)
    assert not Refund.objects.exists()
    assert "state done" in run(*wanted, "--amount", "4", "--apply")
    assert str(Payment.objects.get(kind="refund").amount) == "-4.00"
    with pytest.raises(CommandError, match="left to give back"):
        run(*wanted, "--amount", "6", "--apply")


def test_order_is_shown_without_its_owner() -> None:
    order = first_order()
    record_payment(order, money(transaction_id="t-1"), now=NOW)
    shown = run("show", str(order.pk))
    assert "state paid" in shown
    assert "transaction t-1" in shown
    assert str(order.user) not in shown
    assert "surplus 0" in run("show")


@pytest.mark.parametrize(
    "arguments",
    [("show", "999"), ("refund", "999", "--reason", "x"), ("refund", "1", "--reason", "x")],
)
def test_mistake_is_told(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run(*arguments)


def test_without_a_provider_there_is_nothing_to_reconcile() -> None:
    assert run("reconcile") == "nothing to reconcile: PAYMENT_PROVIDER is empty or manual\n"


def test_reconciling_is_reported(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = BANK
    assert run("reconcile", "--days", "1") == "facts 0, recorded 0, failed 0, unaccounted 0\n"
