"""Customers of erased users that an operator deletes in the provider's dashboard."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.erasure import erase_user
from foundation import clock
from payments.attention import needs_attention
from payments.models import PaymentMethod
from tests.support.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("manual")]


@pytest.fixture
def method() -> PaymentMethod:
    """Return a method of the former provider, whose user is erased after the change."""
    user = make_user()
    method = PaymentMethod.objects.create(user=user, provider="stripe", customer="cus_1", token="pm_1")
    assert run("forgotten") == ""
    erase_user(user.pk, clock.now())
    return method


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("payments", *arguments, stdout=out)
    return out.getvalue()


def test_erasure_after_leaving_the_provider_is_counted_until_the_customer_is_marked_as_deleted(
    method: PaymentMethod,
) -> None:
    shown = f"method {method.pk}, provider stripe, customer cus_1\n"
    assert "customers 1" in run("show")
    assert run("forgotten") == run("forgotten", str(method.pk)) == shown
    assert needs_attention(clock.now())["customers"] == 1

    assert "forgotten True" in run("forgotten", str(method.pk), "--apply")
    assert "customers 0" in run("show")
    assert run("forgotten") == ""
    method.refresh_from_db()
    assert (method.customer, method.token) == ("", f"forgotten-{method.pk}")
    assert method.forgotten_at is not None


def test_customer_that_is_not_to_be_deleted_is_not_marked(method: PaymentMethod) -> None:
    run("forgotten", str(method.pk), "--apply")
    with pytest.raises(CommandError, match="deleted already"):
        run("forgotten", str(method.pk), "--apply")
    with pytest.raises(CommandError, match="no payment method 999"):
        run("forgotten", "999")
