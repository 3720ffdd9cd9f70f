"""PaymentIntents, driven by the official SDK."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import stripe

from infra.local_provider.api.locks import lock_timeout
from infra.local_provider.provider import LocalProvider
from tests.infra.local_provider.conftest import Control, Shop, client_of

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_chargeDeclinedLostCard": ("card_declined", "lost_card"),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": ("incorrect_cvc", "incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": ("processing_error", "processing_error"),
}


def code_of(error: stripe.StripeError) -> tuple[int | None, str | None]:
    return error.http_status, error.code


def test_prepared_intent_takes_nothing_until_it_is_confirmed(
    api: stripe.V1Services, shop: Shop, control: Control
) -> None:
    prepared = shop.prepared(shop.saved_method())
    assert (prepared.status, prepared.amount_received) == ("requires_confirmation", 0)
    assert control("ledger")["movements"] == []

    confirmed = api.payment_intents.confirm(
        prepared.id, {"off_session": True, "expand": ["latest_charge", "payment_method"]}
    )
    assert (confirmed.status, confirmed.amount_received) == ("succeeded", 990)
    assert isinstance(confirmed.latest_charge, stripe.Charge)
    assert confirmed.latest_charge.paid
    assert confirmed.latest_charge.receipt_url
    assert control("ledger")["orders"] == {"7": [prepared.id]}


def test_intent_succeeds_at_most_once(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    paid = shop.paid()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.confirm(paid.id, {"off_session": True})
    assert code_of(refused.value) == (400, "payment_intent_unexpected_state")
    assert refused.value.error is not None
    assert refused.value.error.payment_intent is not None
    assert refused.value.error.payment_intent.status == "succeeded"
    assert control("ledger")["sums"] == {"eur": {"success": 990, "total": 990}}


@pytest.mark.parametrize("token", DECLINES)
def test_declined_card_answers_402_with_its_codes(api: stripe.V1Services, token: str) -> None:
    prepared = api.payment_intents.create({"amount": 990, "currency": "eur"})
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(prepared.id, {"payment_method": token})
    assert declined.value.error is not None
    assert declined.value.http_status == 402
    assert (declined.value.code, declined.value.error.decline_code) == DECLINES[token]

    after = api.payment_intents.retrieve(prepared.id, {"expand": ["latest_charge"]})
    assert (after.status, after.payment_method) == ("requires_payment_method", None)
    assert after.last_payment_error is not None
    assert (after.last_payment_error.code, after.last_payment_error.decline_code) == DECLINES[token]
    assert isinstance(after.latest_charge, stripe.Charge)
    assert after.latest_charge.status == "failed"


def test_declined_intent_succeeds_with_another_method(api: stripe.V1Services) -> None:
    prepared = api.payment_intents.create({"amount": 990, "currency": "eur"})
    with pytest.raises(stripe.CardError):
        api.payment_intents.confirm(prepared.id, {"payment_method": "pm_card_chargeDeclined"})
    assert api.payment_intents.confirm(prepared.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_card_that_needs_its_customer_is_declined_while_they_are_away(api: stripe.V1Services, shop: Shop) -> None:
    prepared = shop.prepared(shop.saved_method("pm_card_authenticationRequired"))
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(prepared.id, {"off_session": True})
    assert code_of(declined.value) == (402, "authentication_required")
    assert api.payment_intents.retrieve(prepared.id).status == "requires_payment_method"


def test_card_that_needs_its_customer_asks_them_while_they_are_there(api: stripe.V1Services, shop: Shop) -> None:
    prepared = shop.prepared(shop.saved_method("pm_card_authenticationRequired"))
    asked = api.payment_intents.confirm(prepared.id, {"return_url": "https://shop.example/back"})
    assert asked.status == "requires_action"
    assert asked.next_action is not None
    assert asked.next_action.redirect_to_url is not None
    assert asked.next_action.redirect_to_url.return_url == "https://shop.example/back"


@pytest.mark.parametrize(
    ("token", "end"), [("pm_success_at", "succeeded"), ("pm_failed_at", "requires_payment_method")]
)
def test_debit_is_on_its_way_until_it_arrives_or_fails(
    api: stripe.V1Services, shop: Shop, control: Control, token: str, end: str
) -> None:
    prepared = shop.prepared(shop.saved_method(token))
    sent = api.payment_intents.confirm(prepared.id, {"off_session": True})
    assert sent.status == "processing"
    assert control("ledger")["movements"] == []
    control("clock", advance=3)
    assert api.payment_intents.retrieve(prepared.id).status == end
    assert bool(control("ledger")["movements"]) is (end == "succeeded")


def test_cancelled_intent_never_takes_money(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    prepared = shop.prepared(shop.saved_method())
    assert api.payment_intents.cancel(prepared.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.confirm(prepared.id)
    assert refused.value.code == "payment_intent_unexpected_state"
    assert control("ledger")["movements"] == []


def test_what_took_money_cannot_be_cancelled(api: stripe.V1Services, shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.cancel(shop.paid().id)
    assert refused.value.code == "payment_intent_unexpected_state"


def test_confirmations_beyond_the_limit_cancel_the_intent(api: stripe.V1Services, control: Control) -> None:
    prepared = api.payment_intents.create({"amount": 990, "currency": "eur"})
    control(f"confirm-limit/{prepared.id}", limit=1)
    with pytest.raises(stripe.CardError):
        api.payment_intents.confirm(prepared.id, {"payment_method": "pm_card_chargeDeclined"})
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.confirm(prepared.id, {"payment_method": "pm_card_visa"})
    assert api.payment_intents.retrieve(prepared.id).status == "canceled"


def test_saved_method_is_declined_once_its_bank_says_so(api: stripe.V1Services, shop: Shop, control: Control) -> None:
    method = shop.saved_method()
    control(f"methods/{method.id}", decline_code="lost_card")
    with pytest.raises(stripe.CardError) as declined:
        api.payment_intents.confirm(shop.prepared(method).id, {"off_session": True})
    assert declined.value.error is not None
    assert declined.value.error.decline_code == "lost_card"


def test_detached_method_is_never_charged_again(api: stripe.V1Services, shop: Shop) -> None:
    method = shop.saved_method()
    prepared = shop.prepared(method)
    api.payment_methods.detach(method.id)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        api.payment_intents.confirm(prepared.id, {"off_session": True})


def test_deleted_customer_is_gone_with_its_methods(api: stripe.V1Services, shop: Shop) -> None:
    method = shop.saved_method()
    assert isinstance(method.customer, str)
    assert api.customers.delete(method.customer).deleted
    assert api.customers.retrieve(method.customer).deleted
    assert api.payment_methods.retrieve(method.id).customer is None
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.prepared(method)
    assert (refused.value.code, refused.value.param) == ("resource_missing", "customer")


REFUSED: dict[str, tuple[Callable[[stripe.V1Services], object], int, str | None]] = {
    "unknown intent": (lambda api: api.payment_intents.retrieve("pi_none"), 404, "resource_missing"),
    "missing amount": (lambda api: api.payment_intents.create({"currency": "eur"}), 400, "parameter_missing"),  # type: ignore[typeddict-item]
    "unknown parameter": (
        lambda api: api.payment_intents.create({"amount": 990, "currency": "eur", "speed": 3}),  # type: ignore[typeddict-unknown-key]
        400,
        "parameter_unknown",
    ),
    "tiny amount": (lambda api: api.payment_intents.create({"amount": 1, "currency": "eur"}), 400, "amount_too_small"),
    "huge amount": (
        lambda api: api.payment_intents.create({"amount": 10**8, "currency": "eur"}),
        400,
        "amount_too_large",
    ),
    "no method": (
        lambda api: api.payment_intents.confirm(api.payment_intents.create({"amount": 990, "currency": "eur"}).id),
        400,
        "payment_intent_unexpected_state",
    ),
    "expansion of nothing": (lambda api: api.events.list({"expand": ["data.nothing"]}), 400, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bad_request_is_refused_in_stripes_words(api: stripe.V1Services, name: str) -> None:
    call, status, code = REFUSED[name]
    api.customers.create()
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(api)
    assert code_of(refused.value) == (status, code)


def test_foreign_key_is_refused(provider: LocalProvider) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        client_of(provider, "sk_test_foreign").customers.list()
    assert refused.value.http_status == 401
    assert "sk_test_foreign" not in str(refused.value)


def test_many_confirmations_at_once_charge_once(
    api: stripe.V1Services, shop: Shop, control: Control, provider: LocalProvider
) -> None:
    prepared = shop.prepared(shop.saved_method())
    results: list[str] = []

    def confirm() -> None:
        try:
            results.append(client_of(provider).payment_intents.confirm(prepared.id, {"off_session": True}).status)
        except stripe.StripeError as error:
            results.append(error.error.code if error.error and error.error.code else "")

    threads = [threading.Thread(target=confirm) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count("succeeded") == 1
    assert set(results) <= {"succeeded", "payment_intent_unexpected_state", "lock_timeout"}
    assert control("ledger")["sums"]["eur"]["total"] == 990


def test_object_in_use_answers_lock_timeout(api: stripe.V1Services, shop: Shop, provider: LocalProvider) -> None:
    prepared = shop.prepared(shop.saved_method())
    provider.dispatcher.behaviour.lock_wait = timedelta()
    with (
        provider.dispatcher.objects_in_use.hold(prepared.id, timedelta(), lock_timeout()),
        pytest.raises(stripe.RateLimitError) as refused,
    ):
        api.payment_intents.cancel(prepared.id)
    assert refused.value.error is not None
    assert (refused.value.http_status, refused.value.error.code) == (429, "lock_timeout")
    assert api.payment_intents.cancel(prepared.id).status == "canceled"
