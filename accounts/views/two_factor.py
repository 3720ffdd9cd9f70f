"""Two-factor authentication: set-up with an authenticator app, recovery codes, and turning it off.

Each step asks for the password, so that a session that somebody borrowed locks nobody out. What is set up is changed by
sessions that the second factor has verified, or else the password alone would undo it.
"""

import segno
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import two_factor
from accounts.account_forms import PasswordForm
from accounts.devices import is_verified_device, remember_device
from accounts.mails import NEW_RECOVERY_CODES, TWO_FACTOR_OFF, TWO_FACTOR_ON, tell_owner
from accounts.sessions import end_other_sessions, renew_key
from accounts.views.owner import OwnerRequest, owner_page
from accounts.views.second_step import WRONG_CODE, CodeForm


class SetUpForm(CodeForm, PasswordForm):
    """The app's first code, and the password."""

    field_order = ["code", "password"]


@owner_page
def two_factor_page(request: OwnerRequest) -> HttpResponse:
    """Show the set-up, or what is set up to a session that is verified."""
    if not two_factor.has_second_factor(request.user):
        return _set_up(request)
    return _change(request) if two_factor.is_verified(request) else _verify(request)


def _set_up(request: OwnerRequest) -> HttpResponse:
    device = two_factor.device_to_confirm(request.user)
    form = SetUpForm(request, request.POST if request.method == "POST" else None)
    form.fields["code"].help_text = _("Six digits that the app shows")
    if form.is_valid():
        if codes := _turn_on(request, device, form):
            response = _show(request, codes)
            remember_device(response, request.user, is_verified=True)
            return response
        form.add_error("code", WRONG_CODE)
    picture = segno.make(device.config_url, micro=False).svg_inline(scale=4, dark="#000", light="#fff", border=4)
    context = {
        "form": form,
        "picture": mark_safe(picture),  # noqa: S308 - segno draws squares
        "secret": device.config_url.partition("secret=")[2].partition("&")[0],
        "is_required": two_factor.is_required(request.user),
    }
    return render(request, "account/two_factor_set_up.html", context)


@transaction.atomic
def _turn_on(request: OwnerRequest, device: TOTPDevice, form: SetUpForm) -> list[str]:
    """Return the recovery codes, or none for a wrong code. The other sessions end: they hold a password only."""
    if not two_factor.confirm(device, form.cleaned_data["code"]):
        return []
    end_other_sessions(request, request.user, form.cleaned_data.get("password"))
    request.session[two_factor.VERIFIED] = True
    tell_owner(TWO_FACTOR_ON, request.user)
    return two_factor.new_recovery_codes(request.user)


def _verify(request: OwnerRequest) -> HttpResponse:
    """Ask a session that began without the second factor for it."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        known = is_verified_device(request, request.user)
        if two_factor.is_valid(request.user, form.cleaned_data["code"], in_known_browser=known):
            renew_key(request, request.user)
            request.session[two_factor.VERIFIED] = True
            response = HttpResponseRedirect(reverse("two_factor"))
            remember_device(response, request.user, is_verified=True)
            return response
        form.add_error("code", WRONG_CODE)
    return render(request, "account/two_factor_verify.html", {"form": form})


def _change(request: OwnerRequest) -> HttpResponse:
    form = PasswordForm(request, request.POST if request.method == "POST" else None)
    is_required = two_factor.is_required(request.user)
    if form.is_valid():
        if "new_codes" in request.POST:
            return _show(request, _replace_codes(request))
        if "off" in request.POST and not is_required:
            return _turn_off(request)
    left = two_factor.recovery_codes_left(request.user)
    return render(request, "account/two_factor.html", {"form": form, "left": left, "is_required": is_required})


@transaction.atomic
def _replace_codes(request: OwnerRequest) -> list[str]:
    tell_owner(NEW_RECOVERY_CODES, request.user)
    return two_factor.new_recovery_codes(request.user)


@transaction.atomic
def _turn_off(request: OwnerRequest) -> HttpResponse:
    two_factor.turn_off(request.user)
    tell_owner(TWO_FACTOR_OFF, request.user)
    messages.success(request, _("Two-factor authentication is off."))
    return HttpResponseRedirect(reverse("account"))


def _show(request: OwnerRequest, codes: list[str]) -> HttpResponse:
    """Render the codes at once. A redirect would keep them somewhere."""
    return render(request, "account/recovery_codes.html", {"codes": codes})
