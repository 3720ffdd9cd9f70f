"""Accounts of the demo data."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate, get_user_model

from infra.local import demo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", [demo.OPERATOR, demo.SUBSCRIBER])
def test_operator_and_subscriber_can_sign_in(name: str) -> None:
    demo.load(datetime.now(UTC))
    demo.give_subscriber_password()
    assert authenticate(username=demo.sign_in_name(name), password=demo.PASSWORD) is not None


def test_subscriber_keeps_a_password_of_their_own() -> None:
    demo.load(datetime.now(UTC))
    subscriber = get_user_model().objects.get(username=demo.SUBSCRIBER)
    subscriber.set_password("a password of their own")
    subscriber.save()
    demo.give_subscriber_password()
    subscriber.refresh_from_db()
    assert subscriber.check_password("a password of their own")


def test_data_without_the_subscriber_are_left_alone() -> None:
    demo.give_subscriber_password()
    assert not get_user_model().objects.exists()
