"""Fixtures of payments."""

import pytest
from django.conf import LazySettings

from tests.api.callers import Caller
from tests.support.factories import make_user


@pytest.fixture
def manual(settings: LazySettings) -> None:
    """Let subscribers pay by transfer."""
    settings.PAYMENT_PROVIDER = "manual"
    settings.PAYMENT_INSTRUCTIONS = "Acme Ltd\nDE02 1203 0000 0000 2020 51"


@pytest.fixture
def owner() -> Caller:
    """Return a subscriber's API client."""
    return Caller(make_user())
