"""Accounts that share a name or an address, in the command that lists them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def audit(*arguments: str) -> tuple[list[str], str]:
    """Return the lines of the command, and the error with which it ends."""
    out = StringIO()
    try:
        call_command("audit_accounts", *arguments, stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), ""


@pytest.fixture
def ada() -> User:
    return make_user(username="ada", email="ada@example.com")


def test_nothing_is_listed_where_each_account_has_its_own(ada: User) -> None:
    assert audit() == ([], "")


def test_duplicates_and_accounts_without_an_address_are_listed(ada: User) -> None:
    address = make_user(email="ADA@example.com", exempt_from_uniqueness=True)
    name = make_user(username="ADA", exempt_from_uniqueness=True)
    nowhere = make_user(email="")
    lines, error = audit()
    assert lines == [
        f"account {address.pk}: has the address of account {ada.pk}",
        f"account {name.pk}: has the name of account {ada.pk}",
        f"account {nowhere.pk}: has no address",
    ]
    assert error.startswith("2 duplicates.")
    assert User.objects.filter(exempt_from_uniqueness=True).count() == 2


def test_account_that_shares_nothing_any_more_is_unique_from_then_on(ada: User) -> None:
    twin = make_user(email="ADA@example.com", exempt_from_uniqueness=True)
    alone = make_user(exempt_from_uniqueness=True)
    lines, error = audit("--fix")
    assert lines[-1] == "1 accounts are unique again."
    assert error.startswith("1 duplicates.")
    assert set(User.objects.filter(exempt_from_uniqueness=True)) == {twin}
    User.objects.filter(pk=twin.pk).update(email="twin@example.com")
    assert audit("--fix") == (["1 accounts are unique again."], "")
    assert not User.objects.filter(exempt_from_uniqueness=True).exists()
    assert alone.pk


def test_of_two_exempt_accounts_with_one_address_the_older_becomes_unique() -> None:
    older, younger = (make_user(email="one@example.com", exempt_from_uniqueness=True) for _ in range(2))
    assert audit("--fix")[0][-1] == "1 accounts are unique again."
    assert set(User.objects.filter(exempt_from_uniqueness=True)) == {younger}
    assert older.pk < younger.pk
