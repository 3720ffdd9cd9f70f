"""The question to the provider from inside, before payments are on."""

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from payments.providers.stripe.adapter import StripeProvider
from tests.payments.providers.stripe.scripted import Script


@pytest.fixture(autouse=True)
def _webhook_secret(settings: LazySettings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_1"]


NOTHING = {"object": "list", "data": [], "has_more": False, "url": "/v1/events"}


def test_provider_that_answers_is_named(online: Script) -> None:
    online.answer(NOTHING)
    output = StringIO()
    call_command("payments", "check", stdout=output)
    assert output.getvalue() == "provider stripe, answers yes\n"
    assert online.last.path == "/v1/events"


def test_live_key_in_another_stage_than_production_is_refused_before_anybody_is_asked(
    online: Script, settings: LazySettings
) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = "", "sk_live_1"
    with pytest.raises(CommandError, match=r"is a live key, and the stage is not production \(payments\.E004\)"):
        call_command("payments", "check")
    assert online.requests == []


def test_missing_secret_of_the_webhook_is_refused(online: Script, settings: LazySettings) -> None:
    settings.STRIPE_WEBHOOK_SECRETS = []
    with pytest.raises(CommandError, match="STRIPE_WEBHOOK_SECRETS is empty"):
        call_command("payments", "check")


def test_provider_that_cannot_be_reached_fails_and_names_the_way_out(online: Script, settings: LazySettings) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match=r"stripe does not answer from here.*WayOut=ipv6"):
        call_command("payments", "check")


def test_key_that_is_refused_fails_and_names_the_secret(online: Script) -> None:
    online.refuse(401)
    with pytest.raises(CommandError, match=r"stripe does not accept the key.*docs/secrets\.md"):
        call_command("payments", "check")


def test_provider_without_a_list_of_what_happened_is_not_said_to_answer(
    online: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(StripeProvider, "since", lambda *_args: None)
    output = StringIO()
    call_command("payments", "check", stdout=output)
    assert output.getvalue() == "provider stripe was not asked: it has no list of what happened\n"
    assert online.requests == []


def test_nobody_is_asked_without_a_provider(settings: LazySettings) -> None:
    settings.PAYMENT_PROVIDER = ""
    output = StringIO()
    call_command("payments", "check", stdout=output)
    assert "nobody to ask" in output.getvalue()
