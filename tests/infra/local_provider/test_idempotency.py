"""Idempotency keys as Stripe documents them: https://docs.stripe.com/api/idempotent_requests"""

from datetime import timedelta

import pytest
import stripe

from infra.local_provider.api.locks import key_in_use
from infra.local_provider.provider import LocalProvider
from tests.infra.local_provider.conftest import Control, Shop

KEY: stripe.RequestOptions = {"idempotency_key": "order-7"}
DAY = 86_400


def created(api: stripe.V1Services, amount: int = 990) -> stripe.PaymentIntent:
    return api.payment_intents.create({"amount": amount, "currency": "eur"}, KEY)


def test_same_request_replays_the_answer(api: stripe.V1Services) -> None:
    first, second = created(api), created(api)
    assert first.to_dict() == second.to_dict()
    assert second.last_response is not None
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert len(api.payment_intents.list().data) == 1


def test_replayed_answer_is_the_old_one_even_if_the_object_changed(api: stripe.V1Services) -> None:
    first = created(api)
    api.payment_intents.cancel(first.id)
    assert created(api).status == "requires_payment_method"


def test_other_parameters_under_the_key_are_refused(api: stripe.V1Services) -> None:
    created(api)
    with pytest.raises(stripe.IdempotencyError) as refused:
        created(api, amount=991)
    assert refused.value.http_status == 400


def test_another_endpoint_under_the_key_is_refused(api: stripe.V1Services) -> None:
    created(api)
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        api.customers.create({}, KEY)


def test_decline_is_replayed_although_the_card_would_pay_now(
    api: stripe.V1Services, shop: Shop, control: Control
) -> None:
    method = shop.saved_method()
    prepared = shop.prepared(method)
    control(f"methods/{method.id}", decline_code="insufficient_funds")
    with pytest.raises(stripe.CardError):
        api.payment_intents.confirm(prepared.id, {"payment_method": method.id}, KEY)
    control(f"methods/{method.id}", kind="succeed", code="")
    with pytest.raises(stripe.CardError):
        api.payment_intents.confirm(prepared.id, {"payment_method": method.id}, KEY)
    other: stripe.RequestOptions = {"idempotency_key": "order-7-again"}
    assert api.payment_intents.confirm(prepared.id, {"payment_method": method.id}, other).status == "succeeded"


def test_error_500_after_the_effect_is_replayed(api: stripe.V1Services, control: Control) -> None:
    control("faults", plan="error_after")
    for _ in range(2):
        with pytest.raises(stripe.APIError) as broken:
            created(api)
        assert broken.value.http_status == 500
    assert len(api.payment_intents.list().data) == 1


def test_refused_parameters_leave_the_key_free(api: stripe.V1Services) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        created(api, amount=1)
    assert created(api).amount == 990


def test_key_in_use_answers_409(api: stripe.V1Services, provider: LocalProvider) -> None:
    with (
        provider.dispatcher.keys_in_use.hold("order-7", timedelta(), key_in_use("order-7")),
        pytest.raises(stripe.APIError) as refused,
    ):
        created(api)
    assert refused.value.error is not None
    assert (refused.value.http_status, refused.value.error.code) == (409, "idempotency_key_in_use")
    assert created(api).amount == 990


def test_key_is_pruned_after_its_lifetime(api: stripe.V1Services, control: Control) -> None:
    first = created(api)
    control("clock", advance=DAY - 2)
    assert created(api).id == first.id
    control("clock", advance=2)
    assert created(api).id != first.id


def test_lifetime_is_configurable(api: stripe.V1Services, control: Control) -> None:
    control("behaviour", key_lifetime=0)
    assert created(api).id != created(api).id


def test_forgotten_keys_are_new(api: stripe.V1Services, control: Control) -> None:
    first = created(api)
    assert control("forget-keys", now=True) == {"forgotten": 1}
    assert created(api).id != first.id


def test_key_says_nothing_to_questions(api: stripe.V1Services) -> None:
    api.payment_intents.list({}, KEY)
    assert created(api).amount == 990
