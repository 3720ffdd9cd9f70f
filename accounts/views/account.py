"""Account page: a link to everything that its owner can see and change."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation.email_addresses import address_of
from foundation.web.account_sections import account_sections


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """Render the sections that apps have registered."""
    shown = {"sections": account_sections(), "address": address_of(request.user)}
    return render(request, "account/account.html", shown)
