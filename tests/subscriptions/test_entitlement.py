"""Entitlement, exact to the instant: the function, the decorator, the API permission and the template tag."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from pytest_django import DjangoAssertNumQueries
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from config.urls import urlpatterns as real
from foundation.api.scopes import ANY_SCOPE
from foundation.api.views import PrivateEndpoint
from subscriptions.api.permissions import IsSubscriber
from subscriptions.decorators import entitlement_required, subscriber_required
from subscriptions.entitlement import has_entitlement, has_live_subscription
from subscriptions.models import Plan, Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import MONTH, NOW, has_access, make_plan, make_user

INSTANT = timedelta(microseconds=1)
END = NOW + MONTH


@subscriber_required
def report(request: HttpRequest, number: int) -> HttpResponse:
    """Render a gated page."""
    return HttpResponse(f"report {number}")


@subscriber_required(plan="Monthly")
def monthly_report(request: HttpRequest) -> HttpResponse:
    """Render a page gated by a plan."""
    return HttpResponse("monthly report")


@method_decorator(subscriber_required, name="dispatch")
class ReportView(View):
    """Gated class-based page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("report of a class")


class ReportEndpoint(PrivateEndpoint):
    """Gated endpoint."""

    permission_classes = [IsSubscriber]
    scopes = {"GET": ANY_SCOPE}

    def get(self, request: Request) -> Response:
        return Response({"report": 1})


class IsMonthlySubscriber(IsSubscriber):
    plan = "Monthly"


class MonthlyReportEndpoint(ReportEndpoint):
    """Endpoint gated by a plan."""

    permission_classes = [IsMonthlySubscriber]


class StaffReportEndpoint(ReportEndpoint):
    """Endpoint that staff may use without a subscription."""

    permission_classes = [IsSubscriber | IsAdminUser]


urlpatterns = [
    path("report/<int:number>/", report),
    path("monthly-report/", monthly_report),
    path("class-report/", ReportView.as_view()),
    path("api/v1/report", ReportEndpoint.as_view()),
    path("api/v1/monthly-report", MonthlyReportEndpoint.as_view()),
    path("api/v1/staff-report", StaffReportEndpoint.as_view()),
    *real,
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def cancelled(user: User, plan: Plan) -> None:
    Service.cancel_subscription(Service.create_subscription(user, plan, now=NOW), now=NOW)


def ended_at_once(user: User, plan: Plan) -> None:
    Service.cancel_now(Service.create_subscription(user, plan, now=NOW), now=NOW + MONTH / 2)


def active(user: User, plan: Plan) -> None:
    Service.create_subscription(user, plan, now=NOW)


def expired(user: User, plan: Plan) -> None:
    active(user, plan)
    with time_machine.travel(END, tick=False):
        assert Service.check_expired_subscriptions() == 1


def nothing(user: User, plan: Plan) -> None:
    """Create no subscription."""


#  what the user did, the present instant, whether they are a subscriber
CASES = {
    "active": (active, END - INSTANT, True),
    "active, at its end": (active, END, False),
    "active, past its end, not swept": (active, END + MONTH, False),
    "cancelled": (cancelled, END - INSTANT, True),
    "cancelled, at its end": (cancelled, END, False),
    "cancelled now": (ended_at_once, NOW + MONTH / 2, False),
    "expired": (expired, END, False),
    "nothing": (nothing, NOW, False),
}

each_case = pytest.mark.parametrize(("act", "now", "entitled"), CASES.values(), ids=CASES.keys())

Act = Callable[[User, Plan], None]


@each_case
def test_function_answers_for_the_instant(
    act: Act, now: datetime, entitled: bool, user: User, plan: Plan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    act(user, plan)
    for wanted in (None, plan, plan.name):
        with django_assert_num_queries(1):
            assert has_live_subscription(user, now, plan=wanted) is entitled


@each_case
def test_page_is_open_to_subscribers_only(
    act: Act, now: datetime, entitled: bool, user: User, plan: Plan, client: Client
) -> None:
    act(user, plan)
    client.force_login(user)
    Session.objects.update(expire_date=now + MONTH)
    with time_machine.travel(now, tick=False):
        answers = [client.get(address) for address in ("/report/7/", "/monthly-report/", "/class-report/")]
    assert [answer.status_code for answer in answers] == [200 if entitled else 403] * 3
    assert ("report 7" in answers[0].content.decode()) is entitled


@each_case
def test_endpoint_is_open_to_subscribers_only(act: Act, now: datetime, entitled: bool, user: User, plan: Plan) -> None:
    act(user, plan)
    caller = Caller(user)
    with time_machine.travel(now, tick=False):
        answers = [caller.get(address) for address in ("report", "monthly-report")]
    for answer in answers:
        if entitled:
            assert answer.json() == {"report": 1}
        else:
            problem = assert_problem(answer, 403)
            assert problem["type"] == "urn:subscriptions:problem:subscription-required"
            assert "Subscribe to one of the plans" in problem["detail"]


@each_case
def test_template_tag_answers_for_the_instant(
    act: Act, now: datetime, entitled: bool, user: User, plan: Plan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    act(user, plan)
    with time_machine.travel(now, tick=False), django_assert_num_queries(1):
        assert rendered({"user": user}) == ("yes" if entitled else "no")


def rendered(context: dict[str, Any], plan: str = "") -> str:
    argument = f'plan="{plan}"' if plan else ""
    source = "{% load entitlement %}{% has_live_subscription ARGUMENT as live %}{% if live %}yes{% else %}no{% endif %}"
    return Template(source.replace("ARGUMENT", argument)).render(Context(context))


def test_group_that_the_sweep_has_yet_to_correct_does_not_count(user: User, plan: Plan) -> None:
    active(user, plan)
    assert has_access(user)
    assert not has_live_subscription(user, END)


def test_plan_is_that_of_the_subscription(user: User, plan: Plan, client: Client) -> None:
    other = make_plan(name="Yearly")
    Service.create_subscription(user, other)
    now = Subscription.objects.get().start_date
    assert has_live_subscription(user, now)
    assert has_live_subscription(user, now, plan=other)
    assert not has_live_subscription(user, now, plan=plan)
    assert not has_live_subscription(user, now, plan="Monthly")
    assert (rendered({"user": user}, "Yearly"), rendered({"user": user}, "Monthly")) == ("yes", "no")
    assert Caller(user).get("report").status_code == 200
    assert Caller(user).get("monthly-report").status_code == 403
    client.force_login(user)
    assert client.get("/report/1/").status_code == 200
    page = client.get("/monthly-report/")
    assert page.status_code == 403
    assert "This page is part of Monthly." in page.content.decode()


def test_subscription_of_another_user_does_not_count(user: User, plan: Plan) -> None:
    active(make_user(), plan)
    assert not has_live_subscription(user, NOW)


def test_anonymous_visitor_is_no_subscriber_and_costs_no_query(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert not has_live_subscription(AnonymousUser(), NOW)
        assert rendered({"user": AnonymousUser()}) == "no"
        assert rendered({}) == "no"
        page = client.get("/report/7/?year=2026")
        assert_problem(Caller(None).get("report"), 401)
    assert (page.status_code, page["Location"]) == (302, "/sign-in/?next=/report/7/%3Fyear%3D2026")


def test_refused_page_says_what_to_do(client: Client, user: User) -> None:
    client.force_login(user)
    page = client.get("/report/7/")
    assert page.status_code == 403
    assert "Please choose a plan" in page.content.decode()
    assert 'href="/"' in page.content.decode()


def test_gates_cost_one_query(user: User, plan: Plan, client: Client) -> None:
    Service.create_subscription(user, plan)
    client.force_login(user)
    caller = Caller(user)
    caller.get("report")  # records the last use of the token, which is due once a minute
    with CaptureQueriesContext(connection) as page:
        assert client.get("/report/7/").status_code == 200
    with CaptureQueriesContext(connection) as endpoint:
        assert caller.get("report").status_code == 200
    assert len(page) == 3  # session, user, subscription
    assert len(endpoint) == 2  # token with its user, subscription


def test_permission_composes(user: User) -> None:
    assert Caller(user).get("staff-report").status_code == 403
    assert Caller(make_user(is_staff=True)).get("staff-report").status_code == 200


def test_gated_view_keeps_its_name() -> None:
    assert (report.__name__, report.__doc__) == ("report", "Render a gated page.")


def entitled(codename: str) -> tuple[User, Permission]:
    """Return a subscriber, from NOW on, and the permission that their plan grants."""
    permission = Permission.objects.get(codename=codename, content_type__app_label="subscriptions")
    plan, group, user = make_plan(), Group.objects.create(name="Exporters"), make_user()
    group.permissions.add(permission)
    plan.groups.add(group)
    Service.create_subscription(user, plan, now=NOW)
    return user, permission


def test_entitlement_ends_with_the_subscription(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    user, _permission = entitled("export_subscription")
    for codename in ("export_subscription", "subscriptions.export_subscription"):
        with django_assert_num_queries(1):
            assert has_entitlement(user, codename, END - INSTANT)
        assert not has_entitlement(user, codename, END)
    assert not has_entitlement(user, "accounts.export_subscription", NOW)
    assert not has_entitlement(user, "renew_subscription", NOW)


def test_only_plans_entitle() -> None:
    permission = Permission.objects.get(codename="export_subscription")
    holder, superuser = make_user(), make_user(is_superuser=True)
    holder.user_permissions.add(permission)
    Service.create_subscription(holder, make_plan(), now=NOW)
    gone, _permission = entitled("export_subscription")
    gone.is_active = False
    for user in (holder, superuser, gone, AnonymousUser()):
        assert not has_entitlement(user, "export_subscription", NOW)


@entitlement_required("subscriptions.export_subscription")
def exports(request: HttpRequest) -> HttpResponse:
    """Render a page gated by an entitlement."""
    return HttpResponse("exports")


def test_entitlement_gates_a_view() -> None:
    user, _permission = entitled("export_subscription")
    visits: list[tuple[User | AnonymousUser, datetime, int]] = [
        (user, NOW, 200),
        (user, END, 403),
        (make_user(), NOW, 403),
        (AnonymousUser(), NOW, 302),
    ]
    for visitor, now, status in visits:
        request = RequestFactory().get("/exports/")
        request.user = visitor
        with time_machine.travel(now, tick=False):
            assert exports(request).status_code == status


def test_entitlement_in_a_template() -> None:
    user, _permission = entitled("export_subscription")
    asked = '{% has_entitlement "subscriptions.export_subscription" as may %}'
    template = Template("{% load entitlement %}" + asked + "{{ may }}")
    with time_machine.travel(NOW, tick=False):
        assert template.render(Context({"user": user})) == "True"
        assert template.render(Context({"user": make_user()})) == "False"
        assert template.render(Context()) == "False"
