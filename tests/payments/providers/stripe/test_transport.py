"""Deadlines, redirects and broken answers, over HTTP."""

import socket
import threading
from datetime import timedelta

import pytest
from django.conf import LazySettings

from payments.providers.deadline import Deadline, calls_end_by
from payments.providers.interface import OutcomeKind
from payments.providers.stripe.adapter import StripeProvider
from payments.providers.stripe.client import UnsafeAddress, v1
from tests.payments.providers.stripe.answers import intent
from tests.payments.providers.stripe.scripted import Answer, Script


def test_call_after_the_deadline_is_not_made(script: Script, provider: StripeProvider) -> None:
    with calls_end_by(Deadline.after(timedelta(0))):
        assert provider.ask("pi_1").kind is OutcomeKind.NOTHING_HAPPENED
    assert script.requests == []


def test_refused_connection_had_no_effect(settings: LazySettings, provider: StripeProvider) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.STRIPE_API_BASE = f"http://127.0.0.1:{unused.getsockname()[1]}"
        settings.STRIPE_SECRET_KEY = "sk_test_1"
        outcome = provider.ask("pi_1")
    assert (outcome.kind, outcome.code) == (OutcomeKind.NOTHING_HAPPENED, "NeverConnected")


def test_answer_that_stalls_ends_at_the_deadline_and_its_effect_is_unknown(
    script: Script, provider: StripeProvider
) -> None:
    released = threading.Event()
    script.answers.append(Answer(body=b"{" + b" " * 100, stall=released))
    with calls_end_by(Deadline.after(timedelta(milliseconds=300))):
        outcome = provider.ask("pi_1")
    released.set()
    assert (outcome.kind, len(script.requests)) == (OutcomeKind.UNKNOWN, 1)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(hang_up=True),
        Answer(body=b"<html>"),
        Answer(body=b"\xff\xfe"),
        Answer(500, b"<html>"),
        Answer(502, b""),
        Answer(body=b"[]"),
        Answer(headers={"Content-Length": "100"}),
    ],
    ids=["hang up", "no JSON", "no UTF-8", "HTML 500", "empty 502", "a list", "shorter than announced"],
)
def test_garbage_is_unknown(script: Script, provider: StripeProvider, answer: Answer) -> None:
    script.answers.append(answer)
    assert provider.ask("pi_1").kind is OutcomeKind.UNKNOWN


def test_redirect_is_not_followed(script: Script, provider: StripeProvider) -> None:
    script.answers.append(Answer(307, headers={"Location": f"{script.address}/v1/elsewhere"}))
    assert provider.ask("pi_1").kind is OutcomeKind.UNKNOWN
    assert [request.path for request in script.requests] == ["/v1/payment_intents/pi_1"]


def test_no_telemetry_leaves_and_the_key_is_in_its_header_alone(script: Script, provider: StripeProvider) -> None:
    for _call in range(2):
        script.answer(intent())
        provider.ask("pi_1")
    assert "x-stripe-client-telemetry" not in script.last.headers
    assert script.last.headers["authorization"] == "Bearer sk_test_scripted"
    assert "sk_test" not in f"{script.last.path}{script.last.parameters}"


@pytest.mark.parametrize(
    ("base", "key"),
    [
        ("http://127.0.0.1:1", "sk_live_1"),
        ("http://127.0.0.1:1", "rk_live_1"),
        ("https://stripe.example.com", "sk_test_1"),
    ],
)
def test_key_is_sent_to_no_unsafe_address(settings: LazySettings, base: str, key: str) -> None:
    settings.STRIPE_API_BASE, settings.STRIPE_SECRET_KEY = base, key
    with pytest.raises(UnsafeAddress):
        v1()
