"""Change of the user name."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


def test_owner_changes_the_name(page: Client) -> None:
    assert page.post(reverse("user_name"), {"username": "countess"}).headers["Location"] == reverse("account")
    assert "Signed in as countess." in page.get(reverse("account")).content.decode()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("GRACE", "A user with that username already exists."),
        ("grace@example.com", "A user name has no @."),
        ("", "This field is required."),
    ],
)
def test_name_is_refused_as_at_sign_up(page: Client, name: str, complaint: str) -> None:
    make_user(username="grace")
    shown = page.post(reverse("user_name"), {"username": name}).content.decode()
    assert complaint in shown
    assert "Signed in as ada" in shown
    assert User.objects.filter(username="ada").exists()


def test_name_may_change_its_capitals(page: Client) -> None:
    page.post(reverse("user_name"), {"username": "Ada"})
    assert User.objects.filter(username="Ada").exists()
