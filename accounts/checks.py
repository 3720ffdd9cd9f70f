"""System checks of the second factor. Those that count staff need the database: `manage.py check --database default`.

- accounts.E001: TWO_FACTOR_REQUIRED_FROM is no list of the groups of users that it knows.
- accounts.W002: staff without a second factor, which is required: their next page is its set-up.
- accounts.W003: staff without a second factor, which is not required: a password alone opens the admin.
- accounts.W004: staff without a recovery code: whoever loses their phone is locked out.

Warnings, because an error would stop the `migrate` of a release.
"""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name
from django.db import router
from django.db.models import Exists, OuterRef
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.two_factor import REQUIRABLE

NO_FACTOR = "{} of the staff have no second factor, and {}"


@register
def check_required_factor(**options: Any) -> list[CheckMessage]:
    """Check the setting as it is: a settings module of a team's own may set it without the environment."""
    required = settings.TWO_FACTOR_REQUIRED_FROM
    # A text would be searched for its parts.
    if isinstance(required, (list, tuple, set, frozenset)) and set(required) <= set(REQUIRABLE):
        return []
    hint = f"Set it to a list of some of: {', '.join(REQUIRABLE)}, or to an empty one."
    return [Error("TWO_FACTOR_REQUIRED_FROM requires it from nobody known", hint=hint, id="accounts.E001")]


@register(Tags.database)
def check_staff(databases: Collection[str] | None = None, **options: Any) -> list[CheckMessage]:
    """Count the staff without a second factor, and those who could lose it."""
    alias = router.db_for_write(TOTPDevice)
    if alias not in (databases or ()) or not _has_staff(alias):
        return []
    app = Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True))
    codes = Exists(StaticToken.objects.filter(device__user=OuterRef("pk")))
    staff = get_user_model()._base_manager.using(alias).filter(is_staff=True, is_active=True)
    without, irreplaceable = staff.filter(~app).count(), staff.filter(app, ~codes).count()
    return [*_without_factor(without), *_without_codes(irreplaceable)]


def _without_factor(number: int) -> list[CheckMessage]:
    if number and "staff" in settings.TWO_FACTOR_REQUIRED_FROM:
        text = NO_FACTOR.format(number, "it is required: their next page is its set-up")
        hint = "Let them set it up on their account page, or deactivate accounts that nobody uses."
        return [Warning(text, hint=hint, id="accounts.W002")]
    if number and settings.METRIC_DIMENSIONS["Stage"] != "local":
        text = NO_FACTOR.format(number, "a password alone opens the admin")
        return [Warning(text, hint="Set TWO_FACTOR_REQUIRED_FROM=staff.", id="accounts.W003")]
    return []


def _without_codes(number: int) -> list[CheckMessage]:
    if not number:
        return []
    text = f"{number} of the staff have no recovery code: whoever loses their phone is locked out"
    return [Warning(text, hint="Let them make new codes on their account page.", id="accounts.W004")]


def _has_staff(alias: str) -> bool:
    """Return True if the user model knows staff, and the tables are there."""
    from foundation.orm.tables import has_tables  # noqa: PLC0415 - a cold start checks no database

    model = get_user_model()
    is_known = {"is_staff", "is_active"} <= {field.name for field in model._meta.get_fields()}
    return is_known and has_tables(alias, model, TOTPDevice, StaticToken)
