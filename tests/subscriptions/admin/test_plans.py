"""Plans in the admin."""

import pytest
from django.urls import reverse

from subscriptions.models import Plan
from subscriptions.services import SubscriptionService as Service
from tests.support.factories import make_plan, make_user
from tests.support.staff import make_staff, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan()


def test_used_plan_cannot_be_deleted_and_an_unused_one_can(plan: Plan) -> None:
    Service.create_subscription(make_user(), plan)
    client = sign_in(make_user(is_staff=True, is_superuser=True))
    unused = make_plan(name="Typing error")
    for one, status in ((plan, 403), (unused, 302)):
        address = reverse("admin:subscriptions_plan_delete", args=[one.pk])
        assert client.post(address, {"post": "yes"}).status_code == status
    assert list(Plan.objects.all()) == [plan]


def test_plan_can_be_taken_off_sale(plan: Plan) -> None:
    client = sign_in(make_staff("subscriptions.view_plan", "subscriptions.change_plan"))
    fields = {"name": plan.name, "price": plan.price, "currency": "EUR", "duration_days": 30}
    fields |= {"trial_days": 14, "grace_days": 3}
    assert client.post(reverse("admin:subscriptions_plan_change", args=[plan.pk]), fields).status_code == 302
    plan.refresh_from_db()
    assert not plan.on_sale
