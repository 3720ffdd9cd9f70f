"""Requests of the how-to, as they stand there."""

import re
import shlex
from pathlib import Path
from string import Template
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.tokens import make_token
from foundation import clock
from payments.orders.opening import open_first
from payments.received_money.recording import record_payment
from subscriptions.terms import UNSEEN
from tests.payments.opened_orders import money
from tests.support.factories import make_plan, make_user

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "howto" / "sell-by-api.md"
OPTIONS = {"-H": "headers", "-d": "body"}


def documented() -> list[str]:
    """Return the commands of all samples, each on one line."""
    samples = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return [line for sample in samples for line in sample.replace("\\\n", " ").splitlines()]


def ask(command: str) -> Any:
    """Send the request that curl would send."""
    program, address, *options = shlex.split(command)
    assert program == "curl"
    given: dict[str, list[str]] = {"headers": [], "body": []}
    for name, value in zip(options[::2], options[1::2], strict=True):
        given[OPTIONS[name]].append(value)
    headers = dict(header.split(": ", 1) for header in given["headers"])
    if not given["body"]:
        return Client().get(address, headers=headers)
    return Client().generic("POST", address, given["body"][0], headers.pop("Content-Type"), headers=headers)


@pytest.mark.django_db
@pytest.mark.usefixtures("manual")
def test_each_request_is_answered_as_the_document_says() -> None:
    user, now = make_user(), clock.now()
    user.user_permissions.set(Permission.objects.filter(codename="add_refund"))
    order = open_first(user, make_plan(), now, UNSEEN)
    payment = record_payment(order, money(), now=now)
    names = {
        "API": "/api/v1",
        "TOKEN": make_token(user, 1, scopes=["payments:read", "payments:write"])[1],
        "ORDER": order.pk,
        "PAYMENT": payment.pk,
    }
    plan = make_plan()
    commands = [
        Template(command.replace('"plan": 1', f'"plan": {plan.pk}')).substitute(names) for command in documented()
    ]
    assert [ask(command).status_code for command in commands] == [201, 200, 200, 200, 200, 202]
