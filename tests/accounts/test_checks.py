"""System checks of the second factor."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.two_factor import new_recovery_codes
from tests.support.factories import make_account

PASSWORD = "correct horse battery"


def found(databases: list[str] | None = None) -> list[str]:
    messages = run_checks(databases=databases)
    return sorted(str(message.id) for message in messages if str(message.id).startswith("accounts."))


def make_operator(name: str, **fields: Any) -> User:
    return make_account(name, PASSWORD, email=f"{name}@example.com", **({"is_staff": True} | fields))


@pytest.mark.parametrize(
    ("required", "ids"),
    [
        ([], []),
        (["staff"], []),
        (("staff",), []),
        ("staff", ["accounts.E001"]),
        (["everybody"], ["accounts.E001"]),
        (None, ["accounts.E001"]),
    ],
)
def test_setting_of_a_fork_is_checked(settings: Any, required: object, ids: list[str]) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = required
    assert found() == ids


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("required", "stage", "ids"),
    [
        (["staff"], "production", ["accounts.W002"]),
        (["staff"], "local", ["accounts.W002"]),
        ([], "production", ["accounts.W003"]),
        ([], "local", []),
    ],
)
def test_staff_without_a_second_factor_are_counted(
    settings: Any, required: list[str], stage: str, ids: list[str]
) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = required
    settings.METRIC_DIMENSIONS = settings.METRIC_DIMENSIONS | {"Stage": stage}
    make_operator("left", is_active=False)
    make_operator("subscriber", is_staff=False)
    assert found(["default"]) == []
    TOTPDevice.objects.create(user=make_operator("ada"), name="app", confirmed=False)
    assert found(["default"]) == ids
    for message in run_checks(databases=["default"]):
        if message.id in ids:
            assert str(message.msg).startswith("1 of the staff ")
            assert "ada" not in f"{message.msg} {message.hint}"


@pytest.mark.django_db
def test_staff_who_could_be_locked_out_are_counted(settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED_FROM = ["staff"]
    ada = make_operator("ada")
    TOTPDevice.objects.create(user=ada, name="app", confirmed=True)
    assert found(["default"]) == ["accounts.W004"]
    new_recovery_codes(ada)
    assert found(["default"]) == []
