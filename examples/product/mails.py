"""Mails of the example."""

from django.conf import settings
from django.template.loader import render_to_string

from examples.product.models import Report
from foundation.email_addresses import UndeliverableAddress, address_of, deliverable
from notifications.aws import clients
from notifications.ses import mime
from notifications.ses.suppression import reasons


def send_report(report: Report) -> bool:
    """Mail that the report is ready; return True if SES accepted the mail. Suppressed addresses get none."""
    try:
        recipient = deliverable(address_of(report.user))
    except UndeliverableAddress:
        return False
    if reasons([recipient]):
        return False
    context = {"report": report, "site_name": settings.SITE_NAME, "url": f"{settings.SITE_URL}/reports/"}
    text = render_to_string("product/mail.txt", context)
    html = render_to_string("product/mail.html", context)
    headers = {
        "From": mime.mailbox("From", settings.SES_FROM_NAME, settings.SES_FROM_ADDRESS),
        "To": recipient,
        "Subject": mime.text("Subject", f"{report.title} is ready"),
        "Auto-Submitted": "auto-generated",
    }
    try:
        clients.ses().send_email(
            FromEmailAddress=settings.SES_FROM_ADDRESS,
            Destination={"ToAddresses": [recipient]},
            Content={"Raw": {"Data": mime.build(headers, text, html)}},
        )
    except clients.AWS_ERRORS:
        return False
    return True
