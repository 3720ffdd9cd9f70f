"""Free trials over the API."""

import pytest
from django.conf import LazySettings

from subscriptions.models import Plan, Subscription
from tests.api.callers import Caller, assert_problem
from tests.support.factories import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan(trial_days=14)


def test_plan_tells_its_trial_and_its_grace(anonymous: Caller, plan: Plan) -> None:
    told = anonymous.get(f"plans/{plan.pk}").json()
    assert (told["trial_days"], told["grace_days"]) == (14, 7)


@pytest.mark.parametrize("provider", ["", "manual"])
def test_trial_starts_at_once_and_costs_nothing(
    owner: Caller, plan: Plan, provider: str, settings: LazySettings
) -> None:
    settings.PAYMENT_PROVIDER = provider
    answer = owner.post("subscriptions", {"plan": plan.pk, "trial": True, "expected_trial_days": 14})
    assert answer.status_code == 201, answer.content
    assert answer.json()["trial"] is True
    held = Subscription.objects.get()
    assert (held.end_date - held.start_date).days == 14


def test_second_trial_is_a_conflict_with_its_name(owner: Caller, plan: Plan) -> None:
    owner.post("subscriptions", {"plan": plan.pk, "trial": True})
    answer = owner.post("subscriptions", {"plan": make_plan(trial_days=7).pk, "trial": True})
    assert assert_problem(answer, 409)["type"].endswith(":trial-used")
    answer = owner.post("subscriptions", {"plan": make_plan().pk, "trial": True})
    assert assert_problem(answer, 409)["type"].endswith(":no-trial")
    assert Subscription.objects.count() == 1


def test_days_that_were_not_shown_change_nothing(owner: Caller, plan: Plan) -> None:
    wish = {"plan": plan.pk, "trial": True, "expected_trial_days": 30}
    problem = owner.post("subscriptions", wish)
    assert problem.status_code == 409
    assert problem.json()["errors"] == [{"field": "expected_trial_days", "detail": "It is 14 now."}]
    assert owner.post("subscriptions", wish | {"trial": False}).status_code == 400
    assert not Subscription.objects.exists()
