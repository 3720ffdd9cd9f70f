"""How many days before their end the subscribers of a plan are reminded of it."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

EARLIEST = 365
"""Days. Who is reminded earlier has forgotten it by the time it counts."""

MOST = 5


def default_reminder_days() -> list[int]:
    """A week before, and on the last day."""
    return [7, 1]


def validate_reminder_days(value: Any) -> None:
    """Raise ValidationError where this is no list of at most MOST different whole numbers from 1 to EARLIEST."""
    if not isinstance(value, list) or not all(type(day) is int and 1 <= day <= EARLIEST for day in value):
        raise ValidationError(_("Take whole numbers from 1 to %(earliest)s."), params={"earliest": EARLIEST})
    if len(value) > MOST:
        raise ValidationError(_("Take at most %(most)s."), params={"most": MOST})
    if len(set(value)) < len(value):
        raise ValidationError(_("Take each number once."))


def before_the_beginning(days: Any, duration_days: Any) -> list[int]:
    """Those of the days that lie at or before the beginning of a period this long, so that they never come.

    None where either is not valid, which is told elsewhere.
    """
    if not isinstance(days, list) or not isinstance(duration_days, int):
        return []
    return [day for day in days if isinstance(day, int) and day >= duration_days]
