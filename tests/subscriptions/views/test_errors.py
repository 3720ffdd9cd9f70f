"""Error pages are our own and reveal nothing."""

from typing import NoReturn

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as real

ERRORS = {
    "400": (SuspiciousOperation, "Bad request"),
    "403": (PermissionDenied, "Access denied"),
    "500": (RuntimeError, "Something went wrong"),
}


def fail(request: HttpRequest, status: str) -> NoReturn:
    """Raise an error that leads to this status."""
    kind, _ = ERRORS[status]
    raise kind("the secret of the house")


urlpatterns = [path("fail/<status>/", fail), *real]

pytestmark = pytest.mark.urls(__name__)


@pytest.mark.parametrize("status", ERRORS)
def test_error_is_a_page_that_tells_nothing(db: None, status: str) -> None:
    answer = Client(raise_request_exception=False).get(f"/fail/{status}/")
    text = answer.content.decode()
    assert answer.status_code == int(status)
    assert ERRORS[status][1] in text
    assert "See the plans" in text
    assert "secret" not in text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
