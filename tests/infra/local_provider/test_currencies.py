"""Amounts are taken as Stripe takes them."""

import pytest
import stripe

from infra.local_provider.hosted.html import money


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


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [(990, "eur", "9.90 EUR"), (500, "jpy", "500 JPY"), (9_990, "kwd", "9.990 KWD"), (50_000, "isk", "500.00 ISK")],
)
def test_page_shows_the_amount_with_its_decimals(amount: int, currency: str, shown: str) -> None:
    assert money(amount, currency) == shown
