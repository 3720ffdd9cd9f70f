"""Token of an opened reset link, in a cookie of the pages of the reset.

Django keeps it in the session, where whoever reads the database finds a link that works. A URL without it keeps it out
of the header Referer.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

COOKIE = "opened_link"
OPENED = "set-password"
"""Stands in the URL for the token, as with Django."""


def redirect_without_token(key: str, token: str) -> HttpResponse:
    """Redirect to the page that asks for the password. The token must be valid, for it goes into a header."""
    response = HttpResponseRedirect(reverse("choose_password", args=[key, OPENED]))
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.PASSWORD_RESET_TIMEOUT,
        path=reverse("password_reset"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def opened_token(request: HttpRequest) -> str:
    """Return the token of the link that this browser opened last, or "". It proves nothing until it is checked."""
    return request.COOKIES.get(COOKIE, "")


def forget_token(response: HttpResponse) -> None:
    """Let the browser delete the token."""
    response.delete_cookie(COOKIE, path=reverse("password_reset"), samesite="Lax")
