"""Refunds and disputes."""

import pytest
import stripe

from tests.infra.local_provider.conftest import Control, Shop


def test_parts_are_given_back_until_nothing_is_left(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    intent = shop.paid()
    first = api.refunds.create({"payment_intent": intent.id, "amount": 400, "metadata": {"refund": "1"}})
    second = api.refunds.create({"payment_intent": intent.id})
    assert (first.amount, first.status, second.amount) == (400, "succeeded", 590)
    assert {refund.id for refund in api.refunds.list({"payment_intent": intent.id}).data} == {first.id, second.id}
    assert control("ledger")["sums"]["eur"] == {"success": 990, "refund": -990, "total": 0}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_already_refunded"


def test_more_than_was_paid_is_refused(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    intent = shop.paid()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": intent.id, "amount": 991})
    assert refused.value.param == "amount"
    assert control("ledger")["sums"]["eur"]["total"] == 990


def test_what_took_no_money_is_not_refunded(api: stripe.V1Services, shop: Shop) -> None:
    prepared = shop.prepared(shop.saved_method())
    with pytest.raises(stripe.InvalidRequestError):
        api.refunds.create({"payment_intent": prepared.id})


def test_refund_fails_later(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    intent = shop.paid(method="pm_card_refundFail")
    refund = api.refunds.create({"payment_intent": intent.id})
    assert refund.status == "succeeded"
    control("clock", advance=61)
    failed = api.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert control("ledger")["sums"]["eur"]["total"] == 990


def test_pending_refund_succeeds_later(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    refund = api.refunds.create({"payment_intent": shop.paid(method="pm_card_pendingRefund").id})
    assert refund.status == "pending"
    control("clock", advance=61)
    assert api.refunds.retrieve(refund.id).status == "succeeded"


@pytest.mark.parametrize(("status", "total"), [("won", 990), ("lost", 0)])
def test_dispute_withdraws_the_money_until_it_is_won(
    api: stripe.V1Services, shop: Shop, control: Control, status: str, total: int
) -> None:
    intent = shop.paid()
    opened = control("disputes", payment_intent=intent.id, reason="fraudulent")
    assert opened["status"] == "needs_response"
    assert control("ledger")["sums"]["eur"]["total"] == 0
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"

    control(f"disputes/{opened['id']}", status=status)
    assert api.disputes.retrieve(opened["id"]).status == status
    assert [dispute.id for dispute in api.disputes.list({"payment_intent": intent.id}).data] == [opened["id"]]
    assert control("ledger")["sums"]["eur"]["total"] == total
