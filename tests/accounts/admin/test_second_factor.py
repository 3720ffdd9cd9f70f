"""Second factors in the admin and for an operator."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.two_factor import has_second_factor, new_recovery_codes, recovery_codes_left
from tests.support.factories import make_user
from tests.support.staff import sign_in

pytestmark = pytest.mark.django_db


def run(user: str) -> str:
    out = StringIO()
    call_command("remove_second_factor", user, stdout=out)
    return out.getvalue().strip()


def test_admin_shows_no_device_to_a_superuser() -> None:
    browser = sign_in(make_user(is_staff=True, is_superuser=True))
    assert "otp" not in browser.get(reverse("admin:index")).content.decode().lower()
    for path in ("otp_totp/totpdevice/", "otp_static/staticdevice/"):
        assert browser.get(f"{reverse('admin:index')}{path}").status_code == 404


def test_operator_removes_a_lost_factor() -> None:
    user = make_user()
    TOTPDevice.objects.create(user=user, confirmed=True)
    new_recovery_codes(user)

    assert run(user.get_username()) == "Removed."

    assert not has_second_factor(user)
    assert recovery_codes_left(user) == 0
    assert run(user.get_username()) == "There was none."


def test_unknown_user_is_refused() -> None:
    with pytest.raises(CommandError, match="no user nobody"):
        run("nobody")
