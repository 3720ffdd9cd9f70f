"""Text that a visitor typed, shown once more by the next page, from a cookie of that page.

A session would keep it in the database, where the erasure of the person whom it names does not find it.
"""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

COOKIE = "typed"
SALT = "foundation.web.typed_text"
LIFETIME = timedelta(hours=1)


def redirect_with_text(page: str, text: str) -> HttpResponse:
    """Redirect to the page of this URL name, the only one to which the browser sends the cookie."""
    response = redirect(page)
    response.set_cookie(
        COOKIE,
        signing.dumps(text, salt=_salt(page), compress=True),  # a browser drops a cookie of more than 4 KB
        max_age=LIFETIME,
        path=reverse(page),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def text_typed_for(page: str, request: HttpRequest) -> str:
    """Return the text; "" if there is none, or it is too old or not of this page."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_salt(page), max_age=LIFETIME))
    except (signing.BadSignature, ValueError):
        return ""


def _salt(page: str) -> str:
    return f"{SALT}.{page}"
