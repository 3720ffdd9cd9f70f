"""Subscribers and plans of a history."""

from django.contrib.auth import get_user_model

from subscriptions.models import Plan

USERS = 12
"""Small number of users, so that processes often meet."""
PLANS = 3
LONGEST_DAYS = 5
OPERATOR = "operator"


def populate() -> None:
    """Create users, plans and a superuser."""
    user_model = get_user_model()
    for number in range(USERS):
        user_model.objects.create_user(f"user{number}", f"user{number}@example.com")
    user_model.objects.create_superuser(OPERATOR, "operator@example.com")
    for number in range(PLANS):
        Plan.objects.create(name=f"Plan {number}", **terms(number + 1), reminder_days=[])


def terms(days: int) -> dict[str, int]:
    """Return a plan's terms; its price equals its duration in days, so that a mixture of two versions is detected."""
    return {"price": days, "duration_days": days}
