"""Unsubscribe link in a reminder: user and authenticity."""

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest
from django.conf import LazySettings
from django.contrib.auth import get_user_model
from django.core.signing import Signer
from django.db.models import UUIDField
from django.urls import resolve

from accounts.models import User
from notifications.errors import UnknownLink
from notifications.unsubscription import ShortSigner, link_of, user_of

HAS_UUID = isinstance(get_user_model()._meta.pk, UUIDField)
KEY: Any = uuid5(NAMESPACE_DNS, "ada") if HAS_UUID else 1234567
USER = get_user_model()(pk=KEY)


def token_of(user: User) -> str:
    return link_of(user).removesuffix("/").rpartition("/")[2]


def test_link_leads_to_its_page_and_names_its_user() -> None:
    link = link_of(USER)
    assert link.startswith("http://127.0.0.1:8000/u/")
    assert resolve(link.removeprefix("http://127.0.0.1:8000")).url_name == "unsubscribe"
    assert user_of(token_of(USER)) == USER.pk


def test_link_is_short(settings: LazySettings) -> None:
    settings.SITE_URL = "https://example.com"
    assert len(link_of(USER)) <= (84 if HAS_UUID else 55)


@pytest.mark.parametrize(
    "token",
    ["", ".", "1", "1.", "1234567", token_of(USER)[:-1], token_of(USER) + "A", token_of(USER).replace("1", "2", 1)],
)
def test_link_that_was_cut_changed_or_invented_is_none(token: str) -> None:
    with pytest.raises(UnknownLink):
        user_of(token)


def test_signature_for_another_purpose_is_none() -> None:
    length = len(token_of(USER))
    for salt in ("", "django.core.signing.Signer", "notifications.something_else"):
        with pytest.raises(UnknownLink):
            user_of(Signer(sep=".", salt=salt).sign(str(USER.pk))[:length])


def test_no_signature_fits_two_users() -> None:
    assert len({ShortSigner().signature(str(number)) for number in range(1000)}) == 1000


def test_link_outlives_a_rotation_of_the_key_and_not_its_end(settings: LazySettings) -> None:
    token = token_of(USER)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-for-the-tests"
    assert user_of(token) == USER.pk
    assert token_of(USER) != token
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(UnknownLink):
        user_of(token)
