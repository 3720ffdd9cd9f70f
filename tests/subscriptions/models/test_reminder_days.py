"""Reminder days of a plan, as set by operators."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from subscriptions.forms import PlanForm
from subscriptions.models import Plan
from subscriptions.models.reminder_days import before_the_beginning, validate_reminder_days
from tests.support.factories import make_plan
from tests.support.staff import make_staff, sign_in


@pytest.mark.parametrize("days", [[], [1], [365], [7, 1], [1, 7], [30, 14, 7, 3, 1]])
def test_a_few_different_numbers_of_days_are_valid(days: list[int]) -> None:
    validate_reminder_days(days)


@pytest.mark.parametrize(
    "days",
    [None, 7, "7", {"7": 1}, [0], [-1], [366], [7.0], ["7"], [True], [[7]], [None], [7, 7], [1, 2, 3, 4, 5, 6]],
    ids=repr,
)
def test_anything_else_is_not(days: Any) -> None:
    with pytest.raises(ValidationError):
        validate_reminder_days(days)


def test_days_that_never_come_are_named_and_what_is_not_valid_is_left_to_others() -> None:
    assert before_the_beginning([14, 7, 6, 1], 7) == [14, 7]
    assert before_the_beginning([7, "x", None], None) == []
    assert before_the_beginning(None, 7) == []
    assert before_the_beginning(["x", 9], 7) == [9]


@pytest.mark.django_db
def test_plan_reminds_a_week_and_a_day_before_unless_told_otherwise() -> None:
    assert make_plan().reminder_days == [7, 1]
    with connection.cursor() as cursor:  # a release that does not know of reminders yet
        cursor.execute("INSERT INTO subscriptions_plan (name, price, duration_days) VALUES ('Old', 1, 30)")
    assert Plan.objects.get(name="Old").reminder_days == [7, 1]


def save(plan: Plan, **fields: object) -> Any:
    """Post the admin's form and return the response."""
    client = sign_in(make_staff("subscriptions.view_plan", "subscriptions.change_plan"))
    usual = {"name": plan.name, "price": plan.price, "currency": "EUR", "duration_days": 30, "on_sale": "on"}
    answer = client.post(reverse("admin:subscriptions_plan_change", args=[plan.pk]), usual | fields)
    plan.refresh_from_db()
    return answer


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "days"), [("14, 2", [14, 2]), (" 3 ", [3]), ("", []), (",", []), ("1,7", [1, 7]), ("7,", [7])]
)
def test_operator_types_numbers_with_commas(typed: str, days: list[int]) -> None:
    plan = make_plan()
    assert save(plan, reminder_days=typed).status_code == 302
    assert plan.reminder_days == days


@pytest.mark.django_db
def test_form_shows_them_as_they_are_typed() -> None:
    plan = make_plan(reminder_days=[14, 2])
    client = sign_in(make_staff("subscriptions.view_plan", "subscriptions.change_plan"))
    page = client.get(reverse("admin:subscriptions_plan_change", args=[plan.pk])).content.decode()
    assert 'name="reminder_days" value="14, 2"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "duration", "problem"),
    [
        ("7 and 1", 30, "Enter whole numbers separated by commas"),
        ("1.5", 30, "Enter whole numbers separated by commas"),
        ("400", 30, "Enter whole numbers from 1 to 365"),
        ("7, 7", 30, "Enter each number once"),
        ("6, 5, 4, 3, 2, 1", 30, "Enter at most 5 numbers"),
        ("14, 7, 1", 7, "A period has 7 days; remove 14, 7."),
        ("7", "", "Enter the days or the months"),
    ],
)
def test_operator_is_told_what_is_wrong(typed: str, duration: object, problem: str) -> None:
    plan = make_plan()
    answer = save(plan, reminder_days=typed, duration_days=duration)
    assert answer.status_code == 200
    assert problem in answer.content.decode()
    assert plan.reminder_days == [7, 1]


@pytest.mark.django_db
def test_form_that_was_not_touched_changes_nothing() -> None:
    plan = make_plan()
    shown = PlanForm(instance=plan)
    assert PlanForm({name: shown[name].value() for name in shown.fields}, instance=plan).changed_data == []
