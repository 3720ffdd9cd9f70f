"""Two-factor authentication: set-up with an authenticator app, recovery codes, and turning it off."""

import segno
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from accounts import two_factor
from accounts.account_forms import PasswordForm
from accounts.views.owner import OwnerRequest, owner_page
from accounts.views.second_step import WRONG_CODE, CodeForm


@owner_page
def two_factor_page(request: OwnerRequest) -> HttpResponse:
    """Show the set-up, or what is set up."""
    if two_factor.has_second_factor(request.user):
        return _change(request)
    return _set_up(request)


def _set_up(request: OwnerRequest) -> HttpResponse:
    device = two_factor.device_to_confirm(request.user)
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].help_text = _("Six digits that the app shows")
    if form.is_valid():
        if two_factor.confirm(device, form.cleaned_data["code"]):
            request.session[two_factor.VERIFIED] = True
            return _show_codes(request)
        form.add_error("code", WRONG_CODE)
    picture = segno.make(device.config_url, micro=False).svg_inline(scale=4, dark="#000", light="#fff", border=4)
    context = {
        "form": form,
        "picture": mark_safe(picture),  # noqa: S308 - segno draws squares
        "secret": device.config_url.partition("secret=")[2].partition("&")[0],
        "is_required": two_factor.is_required(request.user),
    }
    return render(request, "account/two_factor_set_up.html", context)


def _change(request: OwnerRequest) -> HttpResponse:
    form = PasswordForm(request.user, request.POST if request.method == "POST" else None)
    is_required = two_factor.is_required(request.user)
    if form.is_valid():
        if "new_codes" in request.POST:
            return _show_codes(request)
        if not is_required:
            two_factor.turn_off(request.user)
            messages.success(request, _("Two-factor authentication is off."))
            return HttpResponseRedirect(reverse("account"))
    left = two_factor.recovery_codes_left(request.user)
    return render(request, "account/two_factor.html", {"form": form, "left": left, "is_required": is_required})


def _show_codes(request: OwnerRequest) -> HttpResponse:
    """Render the codes at once. A redirect would keep them somewhere."""
    codes = two_factor.new_recovery_codes(request.user)
    return render(request, "account/recovery_codes.html", {"codes": codes})
