"""`{% load payments %}`: the law's settings in templates."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def prices_include_tax() -> bool:
    """Return True if taxes are part of the prices."""
    return settings.PRICES_INCLUDE_TAX


@register.simple_tag
def withdrawal_days() -> int:
    """Return the days within which a subscriber may withdraw from a contract; 0 if that is off."""
    return settings.WITHDRAWAL_DAYS
