"""Settlement of a surplus: once, on record, by permission; it ends the alarm as a refund does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from foundation.orm.append_only import AppendOnlyError
from payments.admin.explanation import explain_order
from payments.attention import needs_attention
from payments.errors import NothingToSettle
from payments.models import Order, Payment, SurplusSettlement
from payments.next_due import next_payment
from payments.personal_data import Payments
from payments.received_money.recording import MoneyReceived, record_payment
from payments.received_money.surplus import settle_surplus
from payments.refunds.requests import request_refund
from payments.statistics import standing
from tests.payments.bank import NAME
from tests.payments.opened_orders import first_order, money
from tests.support.factories import NOW, make_user
from tests.support.locks import wait_until_blocked
from tests.support.staff import make_staff, messages, sign_in

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)
REASON = "30 days given for it"
VIEW, SETTLE = "payments.view_payment", "payments.settle_surplus"


@pytest.fixture
def surplus() -> Payment:
    """Return a second payment for an order."""
    order = first_order()
    record_payment(order, money(), now=NOW)
    return record_payment(order, money(transaction_id="t-2"), now=NOW)


@pytest.fixture
def operator() -> Client:
    return sign_in(make_staff(VIEW, SETTLE))


def settle(payment: Payment) -> SurplusSettlement:
    return settle_surplus(payment, REASON, now=LATER, actor=make_user(username="clerk"))


def page(payment: Payment) -> str:
    return reverse("admin:settle_surplus", args=[payment.pk])


def shown(client: Client, payment: Payment) -> str:
    return client.get(reverse("admin:payments_payment_change", args=[payment.pk])).content.decode()


def order_of(payment: Payment) -> Order:
    assert payment.order is not None
    return payment.order


def test_settled_surplus_needs_no_attention_and_lets_the_database_sleep(
    surplus: Payment, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = "manual"
    assert (needs_attention(LATER)["surplus"], standing(LATER).surplus, next_payment(LATER)) == (1, 1, LATER)
    settle(surplus)
    assert (needs_attention(LATER)["surplus"], standing(LATER).surplus, next_payment(LATER)) == (0, 0, None)


def test_settlement_says_who_when_and_why_and_is_not_changed(surplus: Payment) -> None:
    made = settle(surplus)
    made.refresh_from_db()
    assert (made.payment, made.reason, str(made.settled_by), made.settled_at) == (surplus, REASON, "clerk", LATER)
    made.reason = "another one"
    with pytest.raises(AppendOnlyError):
        made.save()
    with pytest.raises(AppendOnlyError):
        SurplusSettlement.objects.update(reason="another one")


def test_surplus_is_settled_once(surplus: Payment) -> None:
    settle(surplus)
    with pytest.raises(NothingToSettle):
        settle_surplus(surplus, "again", now=LATER, actor=None)
    assert SurplusSettlement.objects.get().reason == REASON


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgresql
def test_of_two_operators_at_once_one_settles(surplus: Payment) -> None:
    def second() -> str:
        try:
            return settle_surplus(surplus, "second", now=LATER, actor=None).reason
        except NothingToSettle as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            settle(surplus)
            other = pool.submit(second)
            wait_until_blocked()
        assert other.result() == "NothingToSettle"
    assert SurplusSettlement.objects.get().reason == REASON


def test_payment_that_gave_a_period_is_not_settled(surplus: Payment) -> None:
    paid = order_of(surplus).payments.get(surplus=False)
    with pytest.raises(NothingToSettle):
        settle(paid)


@pytest.mark.parametrize("provider", ["manual", NAME])  # its money has gone back, or is on its way
def test_surplus_that_goes_back_is_not_settled(provider: str) -> None:
    received = MoneyReceived(provider, "pi_2", Decimal(5), "EUR", NOW)
    surplus = record_payment(first_order(), received, now=NOW)
    request_refund(surplus, Decimal(5), "x", ends_now=False, now=NOW, actor=None)
    with pytest.raises(NothingToSettle):
        settle(surplus)


def test_explanation_of_the_order_says_how_it_was_settled(surplus: Payment) -> None:
    order = order_of(surplus)
    assert "see the surplus below" in explain_order(order).sentence
    settle(surplus)
    explained = explain_order(order)
    assert explained.sentence.endswith("Money arrived that it did not wait for, which was settled: see below.")
    assert (explained.events[-1].text, explained.events[-1].detail) == ("surplus settled", f"t-2: {REASON}")


def test_export_has_the_settlement(surplus: Payment) -> None:
    settle(surplus)
    paid, settled = Payments().export(order_of(surplus).user)["payments"]
    assert (paid["settled_at"], paid["settlement_reason"]) == (None, "")
    assert (settled["settled_at"], settled["settlement_reason"]) == (LATER, REASON)


def test_receipt_promises_nothing_once_it_is_settled(surplus: Payment, client: Client) -> None:
    client.force_login(order_of(surplus).user)
    receipt = reverse("receipt", args=[surplus.pk])
    assert "We will give you the period or your money back." in client.get(receipt).content.decode()
    settle(surplus)
    text = client.get(receipt).content.decode()
    assert "We will give you" not in text
    assert "This was settled" in text
    assert REASON not in text


def test_operator_settles_it_on_its_page_with_a_reason(operator: Client, surplus: Payment) -> None:
    assert page(surplus) in shown(operator, surplus)
    assert "9.90 EUR" in operator.get(page(surplus)).content.decode()
    answer: Any = operator.post(page(surplus), {"reason": REASON}, follow=True)

    assert messages(answer) == ["The surplus is settled. It raises no alarm any more."]
    made = SurplusSettlement.objects.get()
    entry = LogEntry.objects.get()
    assert (made.payment, made.settled_by, entry.user, entry.object_id) == (
        surplus,
        entry.user,
        made.settled_by,
        str(surplus.pk),
    )
    assert REASON in entry.change_message
    text = answer.content.decode()
    assert REASON in text
    assert page(surplus) not in text


def test_second_press_says_that_nothing_waits(operator: Client, surplus: Payment) -> None:
    settle(surplus)
    answer: Any = operator.post(page(surplus), {"reason": "again"}, follow=True)
    assert "nothing of it waits for a decision" in messages(answer)[0]
    assert SurplusSettlement.objects.get().reason == REASON


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_reason_is_asked_for(operator: Client, surplus: Payment, reason: str) -> None:
    assert operator.post(page(surplus), {"reason": reason}).status_code == 400
    assert not SurplusSettlement.objects.exists()


def test_only_holders_of_the_permission_settle(surplus: Payment) -> None:
    others = sign_in(make_staff(VIEW, "payments.add_refund", "payments.record_payment"))
    assert page(surplus) not in shown(others, surplus)
    for answer in (others.get(page(surplus)), others.post(page(surplus), {"reason": REASON})):
        assert answer.status_code == 403
    assert not SurplusSettlement.objects.exists()


def test_settled_surplus_has_no_button_that_gives_all_of_it_back(surplus: Payment) -> None:
    refunding = sign_in(make_staff(VIEW, "payments.add_refund"))
    assert 'name="surplus"' in shown(refunding, surplus)
    settle(surplus)
    assert 'name="surplus"' not in shown(refunding, surplus)
    assert refunding.post(reverse("admin:refund_payment", args=[surplus.pk]), {"surplus": "1"}).status_code == 400


def test_list_is_filtered_by_what_waits_for_a_decision(operator: Client, surplus: Payment) -> None:
    waiting = record_payment(order_of(surplus), money(transaction_id="t-3"), now=NOW)
    settle(surplus)
    listed = operator.get(reverse("admin:payments_payment_changelist"), {"waiting": "1"})
    assert list(listed.context["cl"].queryset) == [waiting]
    assert operator.get(reverse("admin:payments_payment_changelist"), {"waiting": "\0"}).status_code in (200, 302)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", *arguments, stdout=out)
    return out.getvalue()


def test_command_shows_first_and_settles_with_apply(surplus: Payment) -> None:
    wanted = ("settle", str(surplus.pk), "--reason", "days-given")
    assert "amount 9.90, currency EUR, waits True" in run(*wanted)
    assert not SurplusSettlement.objects.exists()
    assert "settled True" in run(*wanted, "--apply")
    made = SurplusSettlement.objects.get()
    assert (made.payment, made.reason, made.settled_by) == (surplus, "days-given", None)
    assert "settled True" in run("show", str(surplus.order_id))
    with pytest.raises(CommandError, match="nothing of it waits"):
        run(*wanted, "--apply")


def test_command_refuses_an_unknown_payment() -> None:
    with pytest.raises(CommandError, match="there is no payment 999"):
        run("settle", "999", "--reason", "x")
