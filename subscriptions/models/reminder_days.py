"""Reminder days of a plan: days before the end on which a subscriber is reminded."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAXIMUM_REMINDER_DAYS = 365
"""Days before the end; an earlier reminder would be forgotten by then."""

MAXIMUM_REMINDERS = 5


def default_reminder_days() -> list[int]:
    """Return one week before the end, and the last day."""
    return [7, 1]


def validate_reminder_days(value: Any) -> None:
    """Raise ValidationError unless the value is a list of different whole numbers within the maxima above."""
    if not isinstance(value, list) or not all(type(day) is int and 1 <= day <= MAXIMUM_REMINDER_DAYS for day in value):
        limit = {"maximum": MAXIMUM_REMINDER_DAYS}
        raise ValidationError(_("Enter whole numbers from 1 to %(maximum)s."), params=limit)
    if len(value) > MAXIMUM_REMINDERS:
        raise ValidationError(_("Enter at most %(maximum)s numbers."), params={"maximum": MAXIMUM_REMINDERS})
    if len(set(value)) < len(value):
        raise ValidationError(_("Enter each number once."))


def before_the_beginning(days: Any, duration_days: Any) -> list[int]:
    """Return the days that lie at or before the beginning of a period this long, so that they never come.

    None where either is not valid, which is told elsewhere.
    """
    if not isinstance(days, list) or not isinstance(duration_days, int):
        return []
    return [day for day in days if isinstance(day, int) and day >= duration_days]
