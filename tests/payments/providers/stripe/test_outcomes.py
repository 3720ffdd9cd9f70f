"""Outcomes of Stripe's answers, through the official SDK over HTTP."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from payments.providers.interface import MethodDetails, OutcomeKind
from payments.providers.stripe.adapter import StripeProvider
from tests.payments.providers.stripe.answers import CREATED, failure, intent, session
from tests.payments.providers.stripe.scripted import Script

Kind = OutcomeKind

ENTERED = datetime.fromtimestamp(CREATED, UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("succeeded", Kind.SUCCEEDED),
        ("processing", Kind.PENDING),
        ("requires_action", Kind.REQUIRES_ACTION),
        ("requires_confirmation", Kind.OPEN),
        ("requires_payment_method", Kind.OPEN),
        ("canceled", Kind.CLOSED),
        ("requires_capture", Kind.UNKNOWN),
        ("invented_later", Kind.UNKNOWN),
    ],
)
def test_every_status_has_its_outcome_and_a_new_one_is_unknown(
    script: Script, provider: StripeProvider, status: str, kind: Kind
) -> None:
    script.answer(intent(status))
    assert provider.ask("pi_1").kind is kind


def test_success_names_money_and_instant_and_no_method_without_consent(
    script: Script, provider: StripeProvider
) -> None:
    script.answer(intent())
    outcome = provider.ask("pi_1")
    assert (outcome.transaction_id, outcome.amount, outcome.currency) == ("pi_1", Decimal("9.90"), "EUR")
    assert outcome.paid_at == datetime.fromtimestamp(CREATED + 5, UTC)
    assert (outcome.method, outcome.receipt_url) == (None, "https://pay/r")


def test_method_is_described_if_the_subscriber_agreed_to_later_charges(
    script: Script, provider: StripeProvider
) -> None:
    script.answer(intent(setup_future_usage="off_session"))
    assert provider.ask("pi_1").method == MethodDetails(
        "cus_1", "pm_1", "visa", "4242", date(2027, 12, 31), entered_at=ENTERED
    )


def test_direct_debit_is_a_method_without_an_expiry(script: Script, provider: StripeProvider) -> None:
    debit = {"object": "payment_method", "id": "pm_2", "type": "sepa_debit", "sepa_debit": {"last4": "3000"}}
    script.answer(intent("processing", setup_future_usage="off_session", payment_method=debit))
    outcome = provider.ask("pi_1")
    assert outcome.kind is Kind.PENDING
    assert outcome.method == MethodDetails("cus_1", "pm_2", "sepa_debit", "3000", entered_at=ENTERED)


@pytest.mark.parametrize(
    ("code", "decline_code", "kind"),
    [
        ("card_declined", "insufficient_funds", Kind.DECLINED),
        ("card_declined", "invented_later", Kind.DECLINED),
        ("expired_card", "", Kind.DECLINED),
        ("card_declined", "lost_card", Kind.DECLINED_FOR_GOOD),
        ("card_declined", "stolen_card", Kind.DECLINED_FOR_GOOD),
        ("card_declined", "revocation_of_all_authorizations", Kind.DECLINED_FOR_GOOD),
        ("authentication_required", "authentication_required", Kind.REQUIRES_ACTION),
    ],
)
def test_decline_is_the_same_whether_the_call_or_a_later_question_tells(
    script: Script, provider: StripeProvider, method: Any, code: str, decline_code: str, kind: Kind
) -> None:
    script.refuse(402, **failure(code, decline_code))
    script.answer(intent("requires_payment_method", last_payment_error=failure(code, decline_code)))
    charged, asked = provider.charge("pi_1", method, 1), provider.ask("pi_1")
    assert (charged.kind, asked.kind) == (kind, kind)
    assert charged.code == asked.code == (decline_code or code)


@pytest.mark.parametrize("code", ["authentication_not_handled", "payment_intent_authentication_failure"])
def test_payment_that_its_payer_did_not_confirm_needs_the_payer(
    script: Script, provider: StripeProvider, method: Any, code: str
) -> None:
    script.refuse(402, **failure(code))
    script.answer(intent("requires_payment_method", last_payment_error=failure(code)))
    told = [(each.kind, each.code) for each in (provider.charge("pi_1", method, 1), provider.ask("pi_1"))]
    assert told == [(Kind.REQUIRES_ACTION, "authentication_required")] * 2


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (409, {"code": "idempotency_key_in_use", "type": "idempotency_error"}, Kind.NOTHING_HAPPENED),
        (429, {"code": "rate_limit"}, Kind.NOTHING_HAPPENED),
        (429, {"code": "lock_timeout"}, Kind.NOTHING_HAPPENED),
        (401, {}, Kind.NOTHING_HAPPENED),
        (403, {}, Kind.NOTHING_HAPPENED),
        (400, {"code": "payment_intent_unexpected_state"}, Kind.UNKNOWN),
        (400, {"type": "idempotency_error"}, Kind.UNKNOWN),
        (404, {"code": "resource_missing", "param": "intent"}, Kind.UNKNOWN),
        (404, {"code": "resource_missing", "param": "payment_method"}, Kind.DECLINED_FOR_GOOD),
        (500, {"type": "api_error"}, Kind.UNKNOWN),
        (503, {"type": "api_error"}, Kind.UNKNOWN),
        (418, {"type": "invented_later"}, Kind.UNKNOWN),
    ],
)
def test_error_of_a_charge_is_unknown_unless_it_certainly_had_no_effect(
    script: Script, provider: StripeProvider, method: Any, status: int, error: dict[str, Any], kind: Kind
) -> None:
    script.refuse(status, **error)
    outcome = provider.charge("pi_1", method, 1)
    assert (outcome.kind, outcome.key_refused) == (kind, status in {401, 403})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (session("open"), Kind.OPEN),
        (session("open", payment_intent=intent("requires_payment_method")), Kind.OPEN),
        (session("open", payment_intent=intent("succeeded")), Kind.SUCCEEDED),
        (session("complete", payment_intent=intent("succeeded")), Kind.SUCCEEDED),
        (session("complete", payment_intent=intent("processing")), Kind.PENDING),
        (session("complete"), Kind.UNKNOWN),
        (session("complete", payment_intent=intent("requires_payment_method")), Kind.CLOSED),
        (session("expired"), Kind.CLOSED),
        (session("expired", payment_intent=intent("succeeded")), Kind.SUCCEEDED),
        (session("invented_later"), Kind.UNKNOWN),
    ],
)
def test_session_is_judged_by_its_money(
    script: Script, provider: StripeProvider, answer: dict[str, Any], kind: Kind
) -> None:
    script.answer(answer)
    outcome = provider.ask("cs_1")
    assert outcome.kind is kind
    assert outcome.transaction_id == ("pi_1" if kind in (Kind.SUCCEEDED, Kind.PENDING) else "")


def test_page_that_was_left_for_a_transfer_is_not_over(script: Script, provider: StripeProvider) -> None:
    script.answer(session("complete", payment_intent=intent("requires_action")))
    assert provider.ask("cs_1").kind is Kind.REQUIRES_ACTION


def test_decline_on_an_open_page_says_why_and_the_page_stays_open(script: Script, provider: StripeProvider) -> None:
    declined = intent("requires_payment_method", last_payment_error=failure("card_declined", "lost_card"))
    script.answer(session("open", payment_intent=declined))
    outcome = provider.ask("cs_1")
    assert (outcome.kind, outcome.code) == (Kind.OPEN, "lost_card")


def test_saved_method_of_a_setup_page(script: Script, provider: StripeProvider) -> None:
    setup = {"object": "setup_intent", "id": "seti_1", "payment_method": intent()["payment_method"]}
    script.answer(session(mode="setup", setup_intent=setup))
    outcome = provider.ask("cs_1")
    assert outcome.kind is Kind.SUCCEEDED
    assert outcome.method == MethodDetails("cus_1", "pm_1", "visa", "4242", date(2027, 12, 31))
