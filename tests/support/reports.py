"""Registry contributions of a team's app: a metric, a retention rule and a dashboard card."""

from django.contrib.sessions.models import Session

from foundation.api.problems import ProblemSource, problem, problem_type
from foundation.dashboard.cards import Alert, Card, CardSource, Link, Period, Tile
from foundation.dashboard.charts import Chart, Series, day_labels
from foundation.jobs.metrics import Metric
from foundation.jobs.retention import RetentionRule


class ReportMetric(Metric):
    REPORTS_WRITTEN = "ReportsWritten", "Count", True


RULES = (RetentionRule("reports", lambda now: Session.objects.filter(session_key="report", expire_date__lt=now)),)


def reports_card(period: Period) -> Card:
    written = Series("written", [1] * len(period.days), "--series-1")
    return Card(
        "Reports <of the team>",
        alerts=[Alert("No report has been written.", link=Link("/reports/", "Reports", "subscriptions.view_plan"))],
        tiles=[Tile("Reports", "1,234", "or more")],
        charts=[Chart("reports", "Reports per day", day_labels(period.days), [written], "None.")],
    )


CARDS = (CardSource(reports_card),)


class ReportLocked(Exception):
    """A report is being written by somebody else."""


PROBLEMS = (ProblemSource((ReportLocked,), lambda error: problem(409, str(error), type=problem_type("report-locked"))),)
