"""Fixtures of payments."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import LazySettings

from tests.api.callers import Caller
from tests.payments.providers.stripe.scripted import Script, scripted
from tests.support.factories import make_user
from tests.support.ledger_provider import LedgerProvider


@pytest.fixture
def manual(settings: LazySettings) -> None:
    """Let subscribers pay by transfer."""
    settings.PAYMENT_PROVIDER = "manual"
    settings.PAYMENT_INSTRUCTIONS = "Acme Ltd\nDE02 1203 0000 0000 2020 51"


@pytest.fixture
def owner() -> Caller:
    """Return a subscriber's API client."""
    return Caller(make_user())


@pytest.fixture
def script(settings: LazySettings) -> Iterator[Script]:
    """Yield the script that answers Stripe's SDK."""
    with scripted() as script:
        settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = script.address, "sk_test_scripted"
        yield script


@pytest.fixture
def online(settings: LazySettings, script: Script) -> Script:
    """Let subscribers pay by Stripe, whose answers are scripted."""
    settings.PAYMENT_PROVIDER = "stripe"
    return script


@pytest.fixture
def provider(tmp_path: Path) -> LedgerProvider:
    """Return a provider without faults and delays."""
    return LedgerProvider(tmp_path / "ledger")


@pytest.fixture
def through_the_ledger(settings: LazySettings, provider: LedgerProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let payments be charged by the provider of the tests, also where the registry makes another object of it."""
    settings.PAYMENT_PROVIDER = provider.name
    monkeypatch.setenv("LEDGER_PROVIDER_FILE", str(provider.path))
