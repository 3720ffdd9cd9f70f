"""List of the sessions, and their end."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.account_forms import PasswordForm
from accounts.devices import remember_device
from accounts.sessions import end_other_sessions, end_session, own_sessions
from accounts.two_factor import is_verified
from accounts.views.owner import OwnerRequest, owner_page
from foundation import clock


@owner_page
def sessions(request: OwnerRequest) -> HttpResponse:
    """List the sessions. End one that the form names, or with the password all others."""
    if request.method == "POST" and "session" in request.POST:
        end_session(request.user, request.POST["session"])
        return HttpResponseRedirect(reverse("sessions"))
    form = PasswordForm(request, request.POST if request.method == "POST" else None)
    if form.is_valid():
        end_other_sessions(request, request.user, form.cleaned_data.get("password"))
        messages.success(request, _("You are signed out everywhere else."))
        response = HttpResponseRedirect(reverse("sessions"))
        remember_device(response, request.user, is_verified=is_verified(request))
        return response
    now = clock.now() - clock.travelled()  # sessions expire by the true time
    context = {"form": form, "sessions": own_sessions(request, request.user, now)}
    return render(request, "account/sessions.html", context)
