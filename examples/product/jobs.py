"""Scheduled jobs of the example. Zappa requires exactly `(event, context)`."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from examples.product.mails import send_report
from examples.product.metrics import ReportMetric
from examples.product.models import Report
from foundation import clock
from foundation.jobs.invocation import LambdaContext, scheduled_job
from foundation.jobs.metrics import emit

RESERVE = timedelta(seconds=30)
"""Time left of the invocation below which no other mail is begun; longer than a call to SES may take."""


def mail_reports(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Mail the reports that are new. Return how many mails SES accepted, and how many it did not."""
    mailed = unmailed = 0
    with scheduled_job(event, context) as invocation:
        while invocation.time_left() > RESERVE and (report := claim_next(clock.now())):
            if send_report(report):
                mailed += 1
            else:
                unmailed += 1
        emit({ReportMetric.MAILED: mailed, ReportMetric.UNMAILED: unmailed})
        return {"mailed": mailed, "unmailed": unmailed}


@transaction.atomic
def claim_next(now: datetime) -> Report | None:
    """Return the next report, marked as mailed before the call to SES: a mail may be lost, but is never sent twice."""
    report = Report.objects.unmailed().select_for_update(of=("self",), skip_locked=True).select_related("user").first()
    if report is not None:
        report.mailed_at = now
        report.save(update_fields=["mailed_at"])
    return report
