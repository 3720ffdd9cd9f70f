"""Amounts are taken as Stripe takes them."""

from typing import Any

import pytest
import stripe

from infra.local_provider.hosted.html import money
from payments.providers.stripe.amounts import SMALLEST


@pytest.mark.parametrize(
    ("amount", "currency", "taken"),
    [
        (990, "eur", True),
        (500, "jpy", True),
        (9_990, "kwd", True),
        (9_999, "kwd", False),
        (50_000, "isk", True),
        (50_050, "isk", False),
        (50_000, "ugx", True),
        (50_001, "ugx", False),
        (990, "xxx", False),
        (0, "eur", False),
        (-990, "eur", False),
    ],
)
def test_amount_fits_its_currency(api: stripe.V1Services, amount: int, currency: str, taken: bool) -> None:
    if taken:
        assert api.payment_intents.create({"amount": amount, "currency": currency}).amount == amount
        return
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create({"amount": amount, "currency": currency})
    assert refused.value.http_status == 400


@pytest.mark.parametrize("currency", [code.lower() for code in SMALLEST])
def test_charge_below_the_least_one_is_refused(api: stripe.V1Services, currency: str) -> None:
    least = SMALLEST[currency.upper()]
    assert api.payment_intents.create({"amount": least, "currency": currency}).amount == least
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.payment_intents.create({"amount": least - 1, "currency": currency})
    assert refused.value.code == "amount_too_small"


def test_page_for_less_than_the_least_charge_is_refused(api: stripe.V1Services) -> None:
    product: Any = {"currency": "eur", "unit_amount": 10, "product_data": {"name": "Change to Dearer"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        api.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"quantity": 1, "price_data": product}],
                "success_url": "https://shop.example/back",
            }
        )
    assert refused.value.code == "amount_too_small"


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(990, "eur", "9.90 EUR"), (500, "jpy", "500 JPY"), (9_990, "kwd", "9.990 KWD"), (50_000, "isk", "500.00 ISK")],
)
def test_page_shows_the_amount_with_its_decimals(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown
