"""Retention of sign-ins and of counted mails."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session

from accounts.models import SignIn
from accounts.retention import ended_sign_ins
from tests.support.factories import NOW, make_user

pytestmark = pytest.mark.django_db

LIFETIME = timedelta(seconds=settings.SESSION_COOKIE_AGE)
MINUTE = timedelta(minutes=1)


def test_sign_ins_go_with_their_sessions() -> None:
    user = make_user()
    for key, signed_in_at in [("ended", NOW - LIFETIME - MINUTE), ("kept", NOW - LIFETIME - MINUTE), ("young", NOW)]:
        SignIn.objects.create(session_key=key, user=user, signed_in_at=signed_in_at)
    Session.objects.create(session_key="kept", session_data="", expire_date=NOW + MINUTE)

    assert [sign_in.session_key for sign_in in ended_sign_ins(NOW)] == ["ended"]
