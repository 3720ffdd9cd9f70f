"""`{% load periods %}`: lengths of periods in templates."""

from django import template

from subscriptions.lengths import length_text
from subscriptions.models import Plan
from subscriptions.periods import Period
from subscriptions.terms import Terms

register = template.Library()


@register.filter
def length_of_period(sold: Plan | Period | Terms) -> str:
    """Return the length of a period as people say it: `{{ plan|length_of_period }}`."""
    return length_text(sold.duration_days or 0, sold.duration_months or 0)
