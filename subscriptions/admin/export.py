"""CSV export of the subscriptions that the admin's list shows."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from foundation import clock
from subscriptions.admin.reasons import ReasonForm, ask_reason, log_deed, require_permission
from subscriptions.models import Subscription

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

PERMISSION = "subscriptions.export_subscription"

MOST_ROWS = 20_000
"""Rows per file: some 3 MB, because a Lambda function answers with at most 6 MB and API Gateway waits 29 seconds."""

ROWS_IN_MEMORY = 1_000

BYTE_ORDER_MARK = "\ufeff"
"""By this Excel reads the file as UTF-8."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Characters by which spreadsheets recognize a formula (OWASP, CSV injection)."""


def export(site: "ModelAdmin[Subscription]", http: HttpRequest) -> HttpResponseBase:
    """Ask for the reason, then answer with the filtered list as CSV and log how many rows it had."""
    require_permission(http, PERMISSION)
    try:
        rows = site.get_changelist_instance(http).queryset
    except IncorrectLookupParameters:
        return redirect("admin:subscriptions_subscription_changelist")
    number = rows.order_by()[: MOST_ROWS + 1].count()
    if number > MOST_ROWS:
        text = _("An export has at most %(most)s rows. Filter the list further.") % {"most": MOST_ROWS}
        site.message_user(http, text, messages.ERROR)
        return redirect(f"../?{http.GET.urlencode()}")
    form = ReasonForm(http.POST if http.method == "POST" else None)
    if not form.is_valid():
        return _ask(site, http, form, number)
    filters = ", ".join(f"{name}={value}" for name, value in http.GET.items() if name != "q")
    searched = ["a search"] if http.GET.get("q") else []  # its words may name a person
    said = f"Exported {number}. Filter: {', '.join([*filter(None, [filters]), *searched]) or 'none'}. Reason: "
    log_deed(http, Subscription, None, said + form.cleaned_data["reason"])
    return _answer(rows)


def _ask(site: "ModelAdmin[Subscription]", http: HttpRequest, form: ReasonForm, number: int) -> HttpResponse:
    explanation = ngettext(
        "The file holds %(number)s subscription with the user's name and e-mail address. The reason is logged.",
        "The file holds %(number)s subscriptions with their users' names and e-mail addresses. The reason is logged.",
        number,
    )
    context = {"title": _("Export as CSV"), "explanation": explanation % {"number": number}}
    return ask_reason(site, http, form, context)


def _answer(rows: "QuerySet[Subscription]") -> StreamingHttpResponse:
    answer = StreamingHttpResponse(_lines(rows[:MOST_ROWS]), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="subscriptions-{clock.now():%Y%m%dT%H%M}Z.csv"'
    return answer


def columns() -> dict[str, str]:
    """Return the headings and the paths of what is exported."""
    user = get_user_model()
    return {
        "subscription": "pk",
        "user": "user_id",
        "user_name": f"user__{user.USERNAME_FIELD}",
        "email": f"user__{user.get_email_field_name()}",
        "plan": "plan__name",
        "status": "status",
        "start_utc": "start_date",
        "end_utc": "end_date",
        "expired_utc": "expired_at",
    }


class _Line:
    """A file whose writer gets back each line."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: "QuerySet[Subscription]") -> Iterator[str]:
    named = columns()
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK + writer.writerow(named)
    # Behind a pooler there are no cursors (DISABLE_SERVER_SIDE_CURSORS): there MOST_ROWS bounds the memory.
    found = rows.values_list(*named.values()).iterator(chunk_size=ROWS_IN_MEMORY)
    yield from (writer.writerow(_cells(row)) for row in found)


def _cells(row: Iterable[object]) -> list[str]:
    return [_cell(value) for value in row]


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat(timespec="seconds").replace("+00:00", "Z")
        case str() if value.startswith(FORMULA_STARTS):
            return f"'{value}"
    return str(value)
