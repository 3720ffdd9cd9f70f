"""Access audit that an operator runs from the admin."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from foundation import clock
from subscriptions.access.audit import AccessAudit
from subscriptions.admin.reasons import ReasonForm, ask_reason, log_deed, require_permission
from subscriptions.models import AccessAuditRun

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PERMISSION = "subscriptions.add_accessauditrun"

TIME_LIMIT = timedelta(seconds=22)
"""API Gateway waits 29 seconds. What is left over is found again by the next audit."""


def run_audit(site: "ModelAdmin[AccessAuditRun]", http: HttpRequest) -> HttpResponse:
    """Ask for the reason, then audit the access of all users and show the run."""
    require_permission(http, PERMISSION)
    form = ReasonForm(http.POST if http.method == "POST" else None)
    if not form.is_valid():
        explanation = _(
            "Corrects the groups of users whose access does not match their subscriptions. "
            "A job does this regularly, too."
        )
        return ask_reason(site, http, form, {"title": _("Run the access audit"), "explanation": explanation})
    run = AccessAudit(clock.now(), _time_left(TIME_LIMIT)).run()
    log_deed(http, AccessAuditRun, run.pk, f"Run by hand. Reason: {form.cleaned_data['reason']}")
    site.message_user(http, *result_of(run))
    return redirect("admin:subscriptions_accessauditrun_change", run.pk)


def result_of(run: AccessAuditRun) -> tuple[str, int]:
    """Return the run's result in the operator's language, and its message level."""
    text = _("Access given to %(given)s and taken from %(taken)s users; %(failed)s failed.") % {
        "given": run.given,
        "taken": run.taken,
        "failed": run.failed,
    }
    if not run.complete:
        text += " " + _("The time did not suffice for all users. Run it again.")
    return text, messages.SUCCESS if run.complete and not run.failed else messages.WARNING


def _time_left(limit: timedelta) -> Callable[[], timedelta]:
    end = time.monotonic() + limit.total_seconds()
    return lambda: timedelta(seconds=end - time.monotonic())
