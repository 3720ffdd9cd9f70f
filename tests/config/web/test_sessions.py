"""Sessions, and malformed session cookies."""

import pytest
from django.test import Client

from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/subscriptions/", "/sign-in/", "/admin/", "/api/v1/subscriptions"])
def test_session_cookie_that_no_database_can_hold_is_nobodys(client: Client, path: str) -> None:
    client.cookies["sessionid"] = "abcdefgh\0ijkl"
    assert client.get(path).status_code in (200, 302, 401, 403)


def test_session_outlasts_its_request(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/subscriptions/").status_code == 200
