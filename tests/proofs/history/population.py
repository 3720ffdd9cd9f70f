"""The people and plans of a history."""

from django.contrib.auth import get_user_model

from subscriptions.models import Plan

USERS = 12
"""Few, so that several processes often meet at one of them."""
PLANS = 3
LONGEST_DAYS = 5
OPERATOR = "operator"


def populate() -> None:
    """Make users, plans and an operator who may do everything."""
    user_model = get_user_model()
    for number in range(USERS):
        user_model.objects.create_user(f"user{number}", f"user{number}@example.com")
    user_model.objects.create_superuser(OPERATOR, "operator@example.com")
    for number in range(PLANS):
        Plan.objects.create(name=f"Plan {number}", **terms(number + 1), reminder_days=[])


def terms(days: int) -> dict[str, int]:
    """Return a plan's terms; its price is its duration in days, so that a mixture of two versions shows."""
    return {"price": days, "duration_days": days}
