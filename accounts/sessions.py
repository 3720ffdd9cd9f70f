"""Sessions of a user: beginning, list and end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.models import SignIn, User
from accounts.models.sign_in import LONGEST_BROWSER

FRESH = timedelta(minutes=10)
"""Age of a session that stands for the password of an account without one."""


@dataclass(frozen=True)
class OwnSession:
    """A session as its user sees it."""

    name: str
    """Keyed hash of the session's key, which a page must not show."""
    signed_in_at: datetime
    browser: str
    is_this_one: bool


def begin_session(request: HttpRequest, user: User) -> None:
    """Sign the user in, and record the session."""
    login(request, user)
    if request.session.session_key is None:  # flushed, because somebody else was signed in
        request.session.create()
    browser = "".join(filter(str.isprintable, request.headers.get("User-Agent", "")))[:LONGEST_BROWSER]
    SignIn.objects.update_or_create(
        session_key=request.session.session_key, defaults={"user_id": user.pk, "browser": browser}
    )


def is_fresh(request: HttpRequest) -> bool:
    """Return True if this session began within FRESH, by the database's clock, as its beginning was recorded.

    `last_login` would not do: it is new when the owner signs in elsewhere, and so for a session that somebody borrowed.
    """
    own = SignIn.objects.filter(pk=request.session.session_key or "")
    return own.filter(signed_in_at__gt=Now() - FRESH).exists()


def renew_key(request: HttpRequest, user: User) -> None:
    """Give this session another key, which copies of its cookie lack, and the hash of the user's password."""
    old_key = request.session.session_key
    update_session_auth_hash(request, user)
    keep_listed(request, old_key)


def keep_listed(request: HttpRequest, old_key: str | None) -> None:
    """Record the new key of this session, so that the list has it and an end of all sessions ends it."""
    SignIn.objects.filter(pk=old_key or "").update(session_key=request.session.session_key)


def sessions_of(user: User, now: datetime) -> QuerySet[SignIn]:
    """Return the user's sessions that have not expired, the newest first."""
    live = Session.objects.filter(pk=OuterRef("pk"), expire_date__gt=now)
    return SignIn.objects.filter(Exists(live), user_id=user.pk).order_by("-signed_in_at")


def own_sessions(request: HttpRequest, user: User, now: datetime) -> list[OwnSession]:
    """Return the sessions for the page that lists them."""
    current = request.session.session_key
    return [
        OwnSession(name_of(row.pk), row.signed_in_at, row.browser, row.session_key == current)
        for row in sessions_of(user, now)
    ]


def name_of(session_key: str) -> str:
    """Return the name of a session in the page's forms."""
    return salted_hmac("accounts.sessions", session_key, algorithm="sha256").hexdigest()


def end_session(user: User, name: str) -> None:
    """End the user's session of this name, if there is one."""
    own = SignIn.objects.filter(user_id=user.pk).values_list("pk", flat=True)
    _end([key for key in own if name_of(key) == name])


def end_other_sessions(request: HttpRequest, user: User, password: str | None) -> None:
    """End all sessions but this one, those of earlier releases included, by hashing the password with a new salt.

    The password stays the same, so tokens go on. None stands for an account without one.
    """
    user.password = make_password(password)
    user.save(update_fields=["password"])
    renew_key(request, user)
    end_known_sessions(user, but=request.session.session_key)


def end_known_sessions(user: AbstractBaseUser, *, but: str | None = None) -> None:
    """End the listed sessions but the one with this key. Those of earlier releases end with a changed password."""
    others = SignIn.objects.filter(user_id=user.pk).exclude(pk=but or "")
    _end(list(others.values_list("pk", flat=True)))


def _end(keys: Sequence[str]) -> None:
    Session.objects.filter(pk__in=keys).delete()
    SignIn.objects.filter(pk__in=keys).delete()
