"""Health checks, admin and dashboard through Zappa's handler and every gateway."""

import json
from datetime import UTC, datetime

import pytest
from django.conf import LazySettings
from django.contrib import admin

from accounts.models import User
from config.web import admin_urls  # noqa: F401 - registers every list
from infra.local.lambda_function import LambdaFunction
from subscriptions.models import AccessAuditRun, SweepRun
from tests.support.gateway import GATEWAYS, Browser

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"


@pytest.fixture(params=GATEWAYS, ids=lambda gateway: gateway.name)
def browser(request: pytest.FixtureRequest, lambda_function: LambdaFunction, settings: LazySettings) -> Browser:
    settings.ALLOWED_HOSTS = [request.param.host]
    return Browser(request.param, lambda_function.invoke)


def test_health(browser: Browser) -> None:
    assert json.loads(browser.get(f"{browser.gateway.prefix}/healthz").text) == {"status": "ok"}
    unready = browser.get(f"{browser.gateway.prefix}/readyz")
    assert (unready.status, unready.headers["content-type"]) == (503, "application/json")
    now = datetime.now(UTC)
    SweepRun.objects.create(started_at=now, finished_at=now)
    AccessAuditRun.objects.create(started_at=now, finished_at=now, complete=True)
    assert browser.get(f"{browser.gateway.prefix}/readyz").status == 200


def test_dashboard_and_its_addresses(browser: Browser) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    dashboard = f"{browser.gateway.prefix}/admin/dashboard/"
    form = browser.follow(dashboard)
    page = browser.submit(
        f"{browser.gateway.prefix}/admin/login/", form, username="root", password=PASSWORD, next=dashboard
    )
    assert "<h1>Dashboard</h1>" in page.text
    found = [address for address in page.addresses() if not address.startswith("#")]
    assert f"{browser.gateway.prefix}/static/config/dashboard.js" in found
    for address in found:
        assert address.startswith(f"{browser.gateway.prefix}/"), address
        assert "logout" in address or browser.follow(address).status == 200, address


def test_every_list_of_the_admin(browser: Browser) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    home = f"{browser.gateway.prefix}/admin/"
    index = browser.submit(f"{home}login/", browser.follow(home), username="root", password=PASSWORD, next=home)
    lists = {f"{home}{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    assert lists <= set(index.addresses())
    for address in lists:
        answer = browser.get(address)
        assert answer.status == 200, address
        absolute = [found for found in answer.addresses() if found.startswith("/")]
        assert absolute
        assert all(found.startswith(f"{browser.gateway.prefix}/") for found in absolute), address
