"""Reset of a forgotten password: Django's own tokens and form, and a mail that is the same work for any address."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.devices import remember_device
from accounts.forms import AddressField
from accounts.mails import PASSWORD_CHANGED, send_password_reset, tell_owner
from accounts.models import User
from accounts.opened_link import OPENED, forget_token, opened_token, redirect_without_token
from accounts.sessions import end_known_sessions
from accounts.views.another_account import refuse_another_account
from foundation.email_addresses import LONGEST_ADDRESS
from foundation.web.typed_text import redirect_with_text, text_typed_for


class AddressForm(forms.Form):
    """The address of an account."""

    email = AddressField(
        label=_("E-mail address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Ask for an address and send a mail, without a look at whether an account has it."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        send_password_reset(form.cleaned_data["email"])
        return redirect_with_text("password_reset_sent", form.cleaned_data["email"])
    return render(request, "account/password_reset.html", {"form": form})


@never_cache
@require_http_methods(["GET", "HEAD"])
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next."""
    address = text_typed_for("password_reset_sent", request)
    if not address:
        return HttpResponseRedirect(reverse("password_reset"))
    return render(request, "account/password_reset_sent.html", {"address": address})


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose_password(request: HttpRequest, uidb64: str, token: str) -> HttpResponse:
    """Take the token out of the URL of a link, and then ask for a password."""
    user = PasswordResetConfirmView().get_user(uidb64)
    is_opened = token == OPENED
    secret = opened_token(request) if is_opened else token
    if user is None or not default_token_generator.check_token(user, secret):
        return render(request, "account/choose_password.html", status=HTTPStatus.GONE)
    if not is_opened:
        return redirect_without_token(uidb64, token)
    return refuse_another_account(request, user) or _choose(request, user)


def _choose(request: HttpRequest, user: User) -> HttpResponse:
    """Change the password. Afterwards the user signs in, with the second step if there is one."""
    form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render(request, "account/choose_password.html", {"form": form})
    form.save()
    if request.user.is_authenticated:
        logout(request)  # the session ends with the others, and the browser would try to save it
    end_known_sessions(user)
    tell_owner(PASSWORD_CHANGED, user)
    messages.success(request, _("Your password has changed. Sign in with the new one."))
    response = HttpResponseRedirect(reverse("login"))
    remember_device(response, user, is_verified=False)
    forget_token(response)
    return response
