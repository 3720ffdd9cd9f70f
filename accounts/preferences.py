"""Language and time zone of a user: chosen in the profile, else as the browser last said.

A page takes them from the session, into which signing in and choosing write them, so that it needs no query.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import get_language_from_request

from accounts.models import Profile
from accounts.models.profile import LONGEST_TIME_ZONE
from accounts.profiles import profile_of

TIME_ZONE_COOKIE = "time_zone"
"""Set by the browser itself, in static/site/time-zone.js."""

LANGUAGE_KEY, TIME_ZONE_KEY = "language", "time_zone"
"""Keys of the session."""


def time_zone_named(name: str) -> tzinfo | None:
    """Return the time zone of the IANA database with this name, or None if there is none."""
    if not name or len(name) > LONGEST_TIME_ZONE or not name.isascii() or not name.isprintable():
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return None


def time_zone_names() -> list[str]:
    """Return the names that people choose from: those of a region and a place."""
    return sorted(name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "SystemV/")))


def language_of(user: AbstractBaseUser) -> str:
    """Return the language of mails to the user. Costs a query unless the profile was selected with the user."""
    profile: Profile | None = getattr(user, "profile", None)
    return _language(profile) or settings.LANGUAGE_CODE


def time_zone_of(user: AbstractBaseUser) -> tzinfo:
    """Return the time zone of mails to the user; UTC if none is known. Costs a query like `language_of`."""
    profile: Profile | None = getattr(user, "profile", None)
    return _time_zone(profile) or UTC


@contextmanager
def preferences_of(user: AbstractBaseUser) -> Iterator[None]:
    """Render in the user's language and time zone."""
    with translation.override(language_of(user)), timezone.override(time_zone_of(user)):
        yield


def browser_time_zone(request: HttpRequest) -> str:
    """Return the name of the time zone that the browser gives, or an empty string."""
    name: str = request.COOKIES.get(TIME_ZONE_COOKIE, "")
    return name if time_zone_named(name) else ""


def remember_browser(*, request: HttpRequest | None, user: AbstractBaseUser, **kwargs: Any) -> None:
    """Take language and time zone of a user who signs in into the session, and what the browser says into the profile.

    A user without a profile gets one only if the browser says anything but the defaults.
    """
    if request is None:  # a sign-in by code, without a browser
        return
    language, time_zone = get_language_from_request(request), browser_time_zone(request)
    profile = Profile.objects.filter(user=user.pk).first()
    is_default = language == settings.LANGUAGE_CODE and not time_zone
    if profile is None and is_default:
        return
    profile = profile or profile_of(user)
    said = {"browser_language": language, "browser_time_zone": time_zone or profile.browser_time_zone}
    if said != {name: getattr(profile, name) for name in said}:
        Profile.objects.filter(pk=profile.pk).update(**said)
    _keep_in_session(request, profile)


def choose(request: HttpRequest, user: AbstractBaseUser, **chosen: str) -> None:
    """Store a chosen `language` or `time_zone` in the profile and the session. An empty one is the browser's again."""
    profile = profile_of(user)
    for name, value in chosen.items():
        setattr(profile, name, value)
    profile.save(update_fields=list(chosen))
    _keep_in_session(request, profile)


def _keep_in_session(request: HttpRequest, profile: Profile) -> None:
    request.session[LANGUAGE_KEY], request.session[TIME_ZONE_KEY] = profile.language, profile.time_zone


def _language(profile: Profile | None) -> str:
    known = dict(settings.LANGUAGES)
    candidates = (profile.language, profile.browser_language) if profile else ()
    return next((language for language in candidates if language in known), "")


def _time_zone(profile: Profile | None) -> tzinfo | None:
    candidates = (profile.time_zone, profile.browser_time_zone) if profile else ()
    return next((zone for name in candidates if (zone := time_zone_named(name))), None)
