"""An app adds metrics, retention rules and dashboard cards through registries alone."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse

from foundation import registries
from foundation.api.problems import problem, problem_response
from foundation.jobs import metrics, retention
from foundation.registries import Registry
from tests.support.factories import NOW
from tests.support.reports import ReportLocked, ReportMetric
from tests.support.staff import make_staff, sign_in

REPORTS = "tests.support.reports"


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the contributions of a team's app."""
    for registry, name in (
        (registries.METRICS, "ReportMetric"),
        (registries.RETENTION, "RULES"),
        (registries.DASHBOARD, "CARDS"),
    ):
        monkeypatch.setattr(registry, "_paths", dict(registry._paths))
        registry.register(f"{REPORTS}.{name}")


def test_metric_of_another_app_is_registered_and_emitted(caplog: pytest.LogCaptureFixture) -> None:
    assert ReportMetric.REPORTS_WRITTEN in list(registries.METRICS.items(metrics.Metric))
    with caplog.at_level("INFO", "foundation.jobs.metrics"):
        metrics.emit({ReportMetric.REPORTS_WRITTEN: 0})
    document = caplog.records[-1].msg
    assert isinstance(document, dict)
    assert document["ReportsWritten"] == 0
    assert document["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "ReportsWritten", "Unit": "Count"}]


def test_foundation_names_no_metric_itself() -> None:
    assert list(metrics.Metric) == []


def test_no_two_metrics_share_a_name() -> None:
    names = [metric.value for metric in registries.METRICS.items(metrics.Metric)]
    assert len(names) == len(set(names)) == 23


@pytest.mark.django_db
def test_rows_of_another_app_are_deleted_by_its_own_rule() -> None:
    for key in ("report", "other"):
        Session.objects.create(session_key=key, session_data="", expire_date=NOW + timedelta(days=1))
    deleted = retention.delete_old(NOW + timedelta(days=2), lambda: timedelta(days=1))
    assert deleted["reports"] + deleted["sessions"] == 2
    assert list(deleted)[-1] == "reports"


@pytest.mark.django_db
def test_dashboard_shows_the_card_of_another_app() -> None:
    address = reverse("admin:dashboard")
    text = sign_in(make_staff("subscriptions.view_sweeprun")).get(address).content.decode()
    assert "<h2>Reports &lt;of the team&gt;</h2>" in text
    assert "No report has been written." in text
    assert 'href="/reports/"' not in text
    assert "1,234" in text
    assert '<canvas id="reports"' in text
    operator = sign_in(make_staff("subscriptions.view_sweeprun", "subscriptions.view_plan"))
    assert '<a href="/reports/">Reports</a>' in operator.get(address).content.decode()


def test_items_are_imported_when_they_are_read_and_a_wrong_path_is_named() -> None:
    registry = Registry()
    registry.register("tests.support.missing.RULES")
    with pytest.raises(ImproperlyConfigured, match=r"tests\.support\.missing\.RULES is registered and cannot"):
        list(registry.items(object))


def test_repeating_a_registration_changes_nothing() -> None:
    registry = Registry()
    for _ in range(2):
        registry.register(f"{REPORTS}.RULES", f"{REPORTS}.CARDS")
    assert len(list(registry.items(object))) == 2


def test_item_of_another_kind_is_refused() -> None:
    registry = Registry()
    registry.register(f"{REPORTS}.CARDS")
    with pytest.raises(ImproperlyConfigured, match=r"tests\.support\.reports\.CARDS .* no RetentionRule"):
        list(registry.items(retention.RetentionRule))


def test_error_of_another_app_becomes_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registries.PROBLEMS, "_paths", {f"{REPORTS}.PROBLEMS": None})
    response = problem_response(ReportLocked("report 7 is being written"), {})
    assert (response.status_code, response.content_type) == (409, "application/problem+json")
    assert response.data == problem(409, "report 7 is being written", type="urn:subscriptions:problem:report-locked")
