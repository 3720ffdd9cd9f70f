"""The example product in use. `test_product` runs this module in a process of its own, with the product's settings."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.checks import run_checks
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from examples.product.jobs import mail_reports
from examples.product.metrics import ReportMetric
from examples.product.models import Report
from foundation import registries
from foundation.jobs.metrics import Metric
from foundation.jobs.retention import delete_old
from infra.lambda_local.emulator.local_aws import LocalAWS
from subscriptions.models import Subscription
from subscriptions.services import SubscriptionService as Service
from tests.api.callers import Caller, assert_problem
from tests.support.factories import MONTH, make_plan, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Context:
    """An invocation's context with five minutes left."""

    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.fixture
def ended() -> Subscription:
    """Create a subscription that has ended but is not expired yet."""
    now = datetime.now(UTC)
    return Service.create_subscription(make_user(), make_plan(), now=now - MONTH - timedelta(hours=1))


@pytest.fixture
def subscription() -> Subscription:
    """Create a live subscription."""
    return Service.create_subscription(make_user(), make_plan())


def browser(subscription: Subscription) -> Client:
    client = Client()
    client.force_login(subscription.user)
    return client


def run_job() -> Any:
    return mail_reports({"command": "examples.product.jobs.mail_reports"}, Context())


def test_checks_pass_and_no_migration_is_missing() -> None:
    assert run_checks() == []
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_receiver_writes_a_report_for_each_subscriber(subscription: Subscription) -> None:
    report = Report.objects.get()
    assert (report.user, report.title) == (subscription.user, "Welcome to Monthly")


def test_page_is_for_subscribers_and_wears_the_brand(subscription: Subscription, ended: Subscription) -> None:
    page = browser(subscription).get("/reports/").content.decode()
    assert "Welcome to Monthly" in page
    assert "Acme Reports</title>" in page
    assert "/static/product/logo.svg" in page
    assert '<a href="/imprint/">Imprint</a>' in page
    assert '<a href="/reports/">Reports</a>' in page
    refused = browser(ended).get("/reports/")
    assert refused.status_code == 403
    assert "Please choose a plan" in refused.content.decode()
    assert '<a href="/reports/">' not in refused.content.decode()
    assert Client().get("/reports/")["Location"] == "/sign-in/?next=/reports/"


def test_pages_of_the_service_wear_the_brand() -> None:
    for path in ("/", "/sign-in/", "/nothing/", "/imprint/"):
        page = Client().get(path).content.decode()
        assert "Acme Reports</title>" in page
        assert "/brand/" in page


def test_endpoint_is_for_subscribers(subscription: Subscription, ended: Subscription) -> None:
    answer = Caller(subscription.user).get("reports")
    assert [report["title"] for report in answer.json()["results"]] == ["Welcome to Monthly"]
    problem = assert_problem(Caller(ended.user).get("reports"), 403)
    assert problem["type"].endswith("subscription-required")
    assert_problem(Caller(None).get("reports"), 401)
    assert_problem(Caller(None).get("nothing"), 404)


def test_job_mails_each_report_once(
    aws: LocalAWS, subscription: Subscription, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert run_job() == {"mailed": 1, "unmailed": 0}
    assert run_job() == {"mailed": 0, "unmailed": 0}
    [mail] = [mail for mail in aws.mails() if "is ready" in mail.message["Subject"]]
    assert mail.message["Subject"] == "Welcome to Monthly is ready"
    emitted: list[Any] = [record.msg for record in caplog.records]
    metrics = [line for line in emitted if isinstance(line, dict) and ReportMetric.MAILED.value in line]
    assert [line["ReportsMailed"] for line in metrics] == [1]


def test_address_that_cannot_be_written_to_is_counted_and_not_tried_again(aws: LocalAWS) -> None:
    Report.objects.create(user=make_user(email=""), title="Lost", created_at=datetime.now(UTC))
    assert run_job() == {"mailed": 0, "unmailed": 1}
    assert run_job() == {"mailed": 0, "unmailed": 0}
    assert aws.mails() == []


def test_metrics_are_registered() -> None:
    assert set(ReportMetric) <= set(registries.METRICS.items(Metric))


def test_dashboard_shows_the_card(subscription: Subscription) -> None:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("root"))
    page = client.get(reverse("admin:dashboard")).content.decode()
    assert "Acme Reports operations" in page
    assert "Reports to mail" in page


def test_nightly_job_deletes_old_reports(subscription: Subscription) -> None:
    now = datetime.now(UTC)
    Report.objects.create(user=subscription.user, title="Old", created_at=now - timedelta(days=366))
    assert delete_old(now, lambda: timedelta(minutes=5))["reports"] == 1
    assert [report.title for report in Report.objects.all()] == ["Welcome to Monthly"]


def test_api_description_has_the_endpoint(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    call_command("spectacular", fail_on_warn=True, validate=True, format="openapi-json", file=str(path))
    (operation,) = json.loads(path.read_text())["paths"]["/api/v1/reports"].values()
    assert (operation["operationId"], sorted(operation["responses"])) == ("reports", ["200", "401", "403"])
