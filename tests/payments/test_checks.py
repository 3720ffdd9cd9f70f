"""System checks of payments."""

import pytest
from django.conf import LazySettings
from django.core.checks import run_checks

from tests.support.factories import make_plan

KEY, SECRETS = "sk_test_1", ["whsec_1"]


def found() -> list[str]:
    return sorted(str(message.id) for message in run_checks() if str(message.id).startswith("payments."))


@pytest.mark.parametrize(
    ("key", "secrets", "base", "stage", "ids"),
    [
        (KEY, SECRETS, "", "dev", []),
        (KEY, SECRETS, "http://127.0.0.1:8300", "dev", []),
        ("sk_live_1", SECRETS, "", "production", []),
        ("", SECRETS, "", "production", ["payments.E002"]),
        (KEY, [], "", "dev", ["payments.E002"]),
        ("", [], "", "dev", ["payments.E002"] * 2),
        (KEY, SECRETS, "https://stripe.example.com", "dev", ["payments.E003"]),
        ("rk_live_1", SECRETS, "http://127.0.0.1:8300", "production", ["payments.E003"]),
        ("rk_live_1", SECRETS, "", "dev", ["payments.E004"]),
        ("sk_live_1", SECRETS, "", "local", ["payments.E004"]),
        ("rk_test_1", SECRETS, "", "production", ["payments.W005"]),
    ],
)
def test_stripe_is_checked(
    settings: LazySettings, key: str, secrets: list[str], base: str, stage: str, ids: list[str]
) -> None:
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS, settings.STRIPE_API_BASE = key, secrets, base
    settings.METRIC_DIMENSIONS = {"Project": "subs", "Stage": stage}
    assert found() == ids


def test_nothing_of_stripe_is_checked_where_it_is_off(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.STRIPE_SECRET_KEY = "", "sk_live_1"
    assert found() == []


def test_transfers_without_instructions_are_found(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_INSTRUCTIONS = "manual", " "
    assert found() == ["payments.E001"]


@pytest.mark.django_db
def test_prices_that_nobody_can_pay_are_found(settings: LazySettings, through_stripe: None) -> None:
    for price, currency in (("0.49", "EUR"), ("0.50", "EUR"), ("0", "EUR"), ("29", "JPY"), ("1.231", "KWD")):
        make_plan(price=price, currency=currency)
    make_plan(price="0.49", on_sale=False)
    make_plan(price="7", currency="BGN")
    told = [message.msg for message in run_checks(databases=["default"]) if message.id == "payments.W006"]
    assert [text.partition(", the price")[0] for text in told] == [
        f"the provider cannot charge {amount}" for amount in ("0.49 EUR", "1.231 KWD", "7.00 BGN", "29 JPY")
    ]
    settings.PAYMENT_PROVIDER = "manual"
    assert not [message for message in run_checks(databases=["default"]) if message.id == "payments.W006"]


def test_messages_show_no_key(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER, settings.STRIPE_SECRET_KEY = "stripe", "sk_live_verysecret"
    assert "verysecret" not in "".join(map(str, run_checks()))
