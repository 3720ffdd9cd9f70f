"""Confirmation forms that send back the terms they showed."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from subscriptions.errors import ChangedMeanwhile
from subscriptions.forms import TermsForm
from subscriptions.terms import Terms
from subscriptions.views.refusal import CONFLICT


def read_terms(request: HttpRequest) -> Terms | None:
    """Return the terms that a POST sends back; None where there is no POST, or one that cannot be read."""
    if request.method != "POST":
        return None
    form = TermsForm(request.POST)
    return form.terms() if form.is_valid() else None


def ask(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    terms: Terms,
    *,
    shown: Terms | None = None,
    changed: ChangedMeanwhile | None = None,
) -> HttpResponse:
    """Render the page with its terms in hidden fields; with status 409, and with what was shown, where it `changed`."""
    context |= {
        "terms_form": TermsForm.showing(terms),
        "before": shown,
        "changed": changed.present if changed else None,
    }
    return render(request, template, context, status=CONFLICT if changed else None)
