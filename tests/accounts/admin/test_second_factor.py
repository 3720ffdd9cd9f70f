"""Second factors in the admin and for an operator."""

from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import User
from accounts.two_factor import has_second_factor, new_recovery_codes, recovery_codes_left
from tests.support.factories import make_account, make_user, user_page
from tests.support.staff import begin_anew, make_staff, messages, sign_in

pytestmark = pytest.mark.django_db


REASON = "came with a passport"


@pytest.fixture
def ada() -> User:
    """Create an account with a second factor."""
    user = make_account("ada", "correct horse battery", email="ada@example.com")
    TOTPDevice.objects.create(user=user, confirmed=True)
    new_recovery_codes(user)
    return user


def url(user: User) -> str:
    return reverse("admin:remove_second_factor", args=[user.pk])


def run(user: str, reason: str = REASON) -> str:
    out = StringIO()
    call_command("remove_second_factor", user, "--reason", reason, stdout=out)
    return out.getvalue().strip()


def test_admin_shows_no_device_to_a_superuser() -> None:
    browser = sign_in(make_user(is_staff=True, is_superuser=True))
    assert "otp" not in browser.get(reverse("admin:index")).content.decode().lower()
    for path in ("otp_totp/totpdevice/", "otp_static/staticdevice/"):
        assert browser.get(f"{reverse('admin:index')}{path}").status_code == 404


def test_command_removes_a_lost_factor_with_its_reason_on_record(ada: User) -> None:
    assert run(ada.get_username()) == "Removed."

    assert not has_second_factor(ada)
    assert recovery_codes_left(ada) == 0
    entry = LogEntry.objects.get(object_id=str(ada.pk))
    assert entry.change_message == f"second factor removed by a command: {REASON}"
    assert run(ada.get_username()) == "There was none."
    assert LogEntry.objects.count() == len(mail.outbox) == 1


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_command_needs_a_reason(ada: User, reason: str) -> None:
    with pytest.raises(CommandError, match="--reason takes 1 to 500 characters"):
        run("ada", reason)
    with pytest.raises(CommandError, match="required: --reason"):
        call_command("remove_second_factor", "ada")
    assert has_second_factor(ada)


def test_unknown_user_is_refused() -> None:
    with pytest.raises(CommandError, match="no user nobody"):
        run("nobody")


def test_removal_ends_the_sessions_leaves_the_password_and_the_owner_is_told(ada: User) -> None:
    browser = Client()
    begin_anew(browser, ada)
    run("ada")
    assert browser.get(reverse("account")).headers["Location"].startswith(reverse("login"))
    (told,) = mail.outbox
    assert (told.subject, told.to) == ("Subscriptions: Your second factor was removed", ["ada@example.com"])
    assert REASON not in str(told.message())
    signed_in = Client().post(reverse("login"), {"username": "ada", "password": "correct horse battery"})
    assert signed_in.headers["Location"] == reverse("subscriptions")


def test_removal_ends_a_session_that_has_changed_its_key(ada: User) -> None:
    browser = Client()
    begin_anew(browser, ada)
    words = {"old_password": "correct horse battery", "new_password1": "staple glue", "new_password2": "staple glue"}
    assert browser.post(reverse("change_password"), words).status_code == 302
    run("ada")
    assert browser.get(reverse("account")).status_code == 302


def test_operator_with_the_permission_removes_it_with_a_reason_on_record(ada: User) -> None:
    operator = make_staff("accounts.remove_second_factor", "auth.view_user")
    client = sign_in(operator)
    assert url(ada) in client.get(reverse(user_page("change"), args=[ada.pk])).content.decode()
    assert "The owner is told by mail." in " ".join(client.get(url(ada)).content.decode().split())

    answer = client.post(url(ada), {"reason": REASON}, follow=True)

    assert messages(answer) == ["The second factor is removed."]  # type: ignore[arg-type]
    assert not has_second_factor(ada)
    entry = LogEntry.objects.get(object_id=str(ada.pk))
    assert (entry.user, entry.change_message) == (operator, f"second factor removed: {REASON}")
    assert mail.outbox[-1].to == ["ada@example.com"]
    again = client.post(url(ada), {"reason": REASON}, follow=True)
    assert messages(again)[-1:] == ["There was no second factor."]  # type: ignore[arg-type]


def test_operator_without_a_reason_or_the_permission_removes_nothing(ada: User) -> None:
    allowed, others = make_staff("accounts.remove_second_factor"), make_staff("auth.change_user", "accounts.erase_user")
    assert "This field is required." in sign_in(allowed).post(url(ada), {"reason": ""}).content.decode()
    assert sign_in(others).get(url(ada)).status_code == 403
    assert sign_in(others).post(url(ada), {"reason": REASON}).status_code == 403
    assert has_second_factor(ada)


def test_only_a_superuser_removes_it_from_an_account_with_rights_and_nobody_their_own(ada: User) -> None:
    operator, root = make_staff("accounts.remove_second_factor"), make_user(is_staff=True, is_superuser=True)
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    TOTPDevice.objects.create(user=root, confirmed=True)
    assert sign_in(operator).post(url(ada), {"reason": REASON}).status_code == 403
    assert sign_in(root).post(url(root), {"reason": REASON}).status_code == 403
    assert has_second_factor(ada)
    assert sign_in(root).post(url(ada), {"reason": REASON}).status_code == 302
    assert (has_second_factor(ada), has_second_factor(root)) == (False, True)
