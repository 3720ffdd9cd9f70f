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


@pytest.mark.parametrize("name", ["bob@example.com", "grace@example.org", "\uff47race@example.com.example"])
def test_name_with_an_at_sign_does_not_become_another_address(page: Client, ada: User, name: str) -> None:
    User.objects.filter(pk=ada.pk).update(username="grace@example.com")
    assert "A user name has no @." in page.post(reverse("user_name"), {"username": name}).content.decode()
    assert User.objects.get().username == "grace@example.com"


def test_name_with_an_at_sign_may_change_its_capitals(page: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(username="grace@example.com")
    assert page.post(reverse("user_name"), {"username": "Grace@example.com"}).status_code == 302
    assert User.objects.get().username == "Grace@example.com"
