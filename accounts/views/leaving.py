"""Page on which users delete their account, or decide to keep it."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import leaving
from accounts.leaving_forms import LeavingForm
from accounts.privileges import is_privileged
from accounts.views.owner import OwnerRequest, owner_page
from foundation import clock


@owner_page
def delete_account(request: OwnerRequest) -> HttpResponse:
    """Say what ends, and delete the account at once or when the last subscription has ended."""
    if is_privileged(request.user):
        return render(request, "account/delete_refused.html")
    if request.method == "POST" and "keep" in request.POST:
        return _keep(request)
    now = clock.now()
    until = leaving.stays_until(request.user, now)
    form = LeavingForm(request, until is not None, request.POST or None)
    if form.is_valid():
        return _erase(request) if form.cleaned_data["when"] == LeavingForm.NOW else _leave(request)
    context = {
        "form": form,
        "until": until,
        "losses": leaving.losses(request.user, now),
        "leaving_since": leaving.leaving_since(request.user),
    }
    return render(request, "account/delete.html", context)


def _keep(request: OwnerRequest) -> HttpResponse:
    leaving.stay(request.user)
    messages.success(request, _("Your account stays. Subscriptions that are cancelled can be resumed."))
    return HttpResponseRedirect(reverse("account"))


def _leave(request: OwnerRequest) -> HttpResponse:
    leaving.leave_at_end(request.user, clock.now())
    return HttpResponseRedirect(reverse("delete_account"))


def _erase(request: OwnerRequest) -> HttpResponse:
    leaving.leave_now(request.user, clock.now())
    logout(request)
    messages.success(request, _("Your account is deleted."))
    return HttpResponseRedirect(reverse("plans"))
