"""Text that the next page shows once more, from a cookie."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
import time_machine
from django.conf import LazySettings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from foundation.email_addresses import LONGEST_ADDRESS
from foundation.web.typed_text import COOKIE, LIFETIME, redirect_with_text, text_typed_for

PAGE, OTHER = "password_reset_sent", "sign_up_sent"
BROWSERS_KEEP = 4_096
"""Bytes of name, value and attributes. https://datatracker.ietf.org/doc/html/rfc6265#section-6.1"""


def followed(response: HttpResponse) -> HttpRequest:
    """Return the request of a browser that follows the redirect."""
    request = HttpRequest()
    request.COOKIES = {name: morsel.value for name, morsel in SimpleCookie(response.cookies.output(header="")).items()}
    return request


@pytest.mark.parametrize("text", ["ada@example.com", "Hildegünde Quast", 'a; b="c", \\d', "\U0001f984"])
def test_text_is_shown_by_its_page_alone(text: str) -> None:
    request = followed(redirect_with_text(PAGE, text))
    assert text_typed_for(PAGE, request) == text
    assert text_typed_for(OTHER, request) == ""


def test_longest_text_fits_into_a_cookie() -> None:
    animals = "".join(chr(0x1F400 + number) for number in range(LONGEST_ADDRESS))
    response = redirect_with_text(PAGE, animals)
    assert len(response.cookies.output(header="")) < BROWSERS_KEEP
    assert text_typed_for(PAGE, followed(response)) == animals


def test_no_script_other_site_or_other_page_gets_the_cookie(settings: LazySettings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    before = get_script_prefix()
    set_script_prefix("/production/")
    try:
        cookie = redirect_with_text(PAGE, "ada").cookies[COOKIE]
    finally:
        set_script_prefix(before)
    kept = (cookie["httponly"], cookie["secure"], cookie["samesite"], cookie["path"], cookie["max-age"])
    assert kept == (True, True, "Lax", "/production/password-reset/sent/", 3600)


@pytest.mark.parametrize("value", ["", "garbage", "a:b:c", ".e30:1:x", "\u00e9", "\x00"])
def test_forged_cookie_is_none(value: str) -> None:
    request = HttpRequest()
    request.COOKIES = {COOKIE: value}
    assert text_typed_for(PAGE, request) == ""


def test_changed_cookie_and_one_of_another_signer_are_none() -> None:
    request = followed(redirect_with_text(PAGE, "ada"))
    request.COOKIES[COOKIE] = request.COOKIES[COOKIE].replace(":", ":0", 1)
    assert text_typed_for(PAGE, request) == ""
    request.COOKIES[COOKIE] = signing.dumps("ada", salt="another")
    assert text_typed_for(PAGE, request) == ""


def test_text_is_forgotten_after_an_hour() -> None:
    with time_machine.travel("2026-12-01T12:00Z", tick=False) as clock:
        request = followed(redirect_with_text(PAGE, "ada"))
        clock.shift(LIFETIME)
        assert text_typed_for(PAGE, request) == "ada"
        clock.shift(timedelta(seconds=1))
        assert text_typed_for(PAGE, request) == ""
