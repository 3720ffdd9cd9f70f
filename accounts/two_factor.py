"""Second factor of a sign-in: an authenticator app's code, or one of ten recovery codes. Django-otp keeps both."""

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
REQUIRABLE = ("staff",)
"""Groups of users that TWO_FACTOR_REQUIRED_FROM may name."""
COUNTED_FAILURES = 12
"""Failures that lengthen the wait, to 2,048 s at most. Django-otp's own waits go up to 100 years.

That allows 42 guesses a day at three codes of a million: the present one, the one before and the next. A stranger with
the password finds one within a year with a probability of 5 %.
"""
VERIFIED = "two_factor"
"""Key of a session that has shown a second factor."""


def has_second_factor(user: AbstractBaseUser) -> bool:
    """Return True if the user has set up an authenticator app."""
    return bool(TOTPDevice.objects.filter(user=user.pk, confirmed=True).exists())


def is_required(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Return True if the user may not go without."""
    return "staff" in settings.TWO_FACTOR_REQUIRED_FROM and bool(getattr(user, "is_staff", False))


def is_verified(request: HttpRequest) -> bool:
    """Return True if this session has shown the second factor."""
    return bool(request.session.get(VERIFIED, False))


def is_missing(request: HttpRequest) -> bool:
    """Return True if this session lacks the second factor that is required from its user."""
    return is_required(request.user) and not is_verified(request)


def device_to_confirm(user: AbstractBaseUser) -> TOTPDevice:
    """Return the device that the user is setting up. It keeps its secret until it is confirmed."""
    # The oldest: two tabs at once may have made two.
    waiting = TOTPDevice.objects.filter(user_id=user.pk, confirmed=False).order_by("pk").first()
    return waiting or TOTPDevice.objects.create(user_id=user.pk, confirmed=False, name="app")


@transaction.atomic
def confirm(device: TOTPDevice, code: str) -> bool:
    """Turn the second factor on if the app shows this code."""
    locked = TOTPDevice.objects.select_for_update().get(pk=device.pk)
    if not locked.verify_token(code):
        return False
    TOTPDevice.objects.filter(user_id=locked.user_id).exclude(pk=locked.pk).delete()
    TOTPDevice.objects.filter(pk=locked.pk).update(confirmed=True)
    return True


@transaction.atomic
def is_valid(user: AbstractBaseUser, code: str, *, in_known_browser: bool) -> bool:
    """Return True for the app's present code or an unused recovery code, each of which works once.

    Each failure doubles the wait before the next try, up to COUNTED_FAILURES. A known browser, which has shown the
    second factor before, does not wait, so that a stranger with the password does not lock the owner out: the limits of
    its sign-ins hold for it.
    """
    app = TOTPDevice.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
    if app is not None and code.isdecimal() and len(code) == app.digits:
        return _verify(app, code, in_known_browser)
    recovery = StaticDevice.objects.select_for_update().filter(user_id=user.pk).first()
    return recovery is not None and _verify(recovery, code, in_known_browser)


def _verify(device: TOTPDevice | StaticDevice, code: str, in_known_browser: bool) -> bool:
    """Check the code, with a wait that django-otp takes from these two fields. A failure counts in any case."""
    device.throttling_failure_count = min(device.throttling_failure_count, COUNTED_FAILURES)
    if in_known_browser:
        device.throttling_failure_timestamp = None
    return bool(device.verify_token(code))


@transaction.atomic
def new_recovery_codes(user: AbstractBaseUser) -> list[str]:
    """Replace the recovery codes. They are shown once."""
    StaticDevice.objects.filter(user_id=user.pk).delete()
    device = StaticDevice.objects.create(user_id=user.pk, name="recovery")
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes


def recovery_codes_left(user: AbstractBaseUser) -> int:
    """Return the number of unused recovery codes."""
    return int(StaticToken.objects.filter(device__user=user.pk).count())


def devices_of(user: AbstractBaseUser) -> list[TOTPDevice | StaticDevice]:
    """Return the app and the recovery codes that are set up, without what is being set up."""
    devices = (TOTPDevice, StaticDevice)
    return [device for model in devices for device in model.objects.filter(user=user.pk, confirmed=True)]


@transaction.atomic
def turn_off(user: AbstractBaseUser) -> None:
    """Delete app and recovery codes."""
    TOTPDevice.objects.filter(user_id=user.pk).delete()
    StaticDevice.objects.filter(user_id=user.pk).delete()
