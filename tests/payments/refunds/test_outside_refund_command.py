"""Command that records that a refund went back outside."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from payments.models import Payment, Refund
from tests.payments.bank import NAME
from tests.payments.outside_refunds import ask, pay_through_a_former_provider

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]


@pytest.fixture
def request_() -> Refund:
    return ask(pay_through_a_former_provider())


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", *arguments, stdout=out)
    return out.getvalue()


def test_command_shows_first_and_records_with_apply(request_: Refund) -> None:
    wanted = ("returned", str(request_.pk), "--transaction", " re-0 ", "--by-provider", "--reason", "old-dashboard")
    assert "left 9.90, amount 9.90, currency EUR, waits True" in run(*wanted)
    assert not Payment.objects.filter(kind="refund").exists()
    assert f"amount -9.90, provider {NAME}, transaction re-0" in run(*wanted, "--apply")
    made = Payment.objects.get(kind="refund")
    assert (made.transaction_id, made.recorded_by) == ("re-0", None)
    with pytest.raises(CommandError, match="is finished"):
        run(*wanted, "--apply")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"--amount": "9.91"}, "9.90 EUR left"),
        ({"--amount": "ten"}, "is no amount"),
        ({"--transaction": " "}, "1 to 200 characters"),
        ({"refund": "999"}, "there is no refund 999"),
    ],
)
def test_command_refuses_what_is_wrong(request_: Refund, changed: dict[str, str], message: str) -> None:
    given = {"--transaction": "T-1", "--reason": "x"} | changed
    key = given.pop("refund", str(request_.pk))
    options = [part for option in given.items() for part in option]
    with pytest.raises(CommandError, match=message):
        run("returned", key, *options, "--apply")
    assert not Payment.objects.filter(kind="refund").exists()
