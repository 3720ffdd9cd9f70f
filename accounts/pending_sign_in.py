"""Sign-in that waits for its second factor, in the session of the browser that the password was typed in."""

import time
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest

from accounts.models import User

KEY = "second_step"
LIFETIME = timedelta(minutes=10)
"""Time to find the phone, after which the password is asked for again."""


def begin_sign_in(request: HttpRequest, user: User, url: str) -> None:
    """Remember that the password was right, and the page to go on to."""
    request.session[KEY] = {"user": str(user.pk), "password": user.password[-16:], "began": time.time(), "url": url}


def awaiting_user(request: HttpRequest) -> User | None:
    """Return the user whose password was right a moment ago, unless it has changed since."""
    begun: dict[str, Any] = request.session.get(KEY, {})
    if not begun or time.time() - begun["began"] > LIFETIME.total_seconds():
        return None
    user: User | None = get_user_model()._base_manager.filter(pk=begun["user"], is_active=True).first()
    return user if user is not None and user.password.endswith(begun["password"]) else None


def end_sign_in(request: HttpRequest) -> str:
    """Forget the sign-in, and return the page to go on to."""
    return str(request.session.pop(KEY)["url"])
