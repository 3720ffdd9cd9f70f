"""Reset of a forgotten password: Django's own pages, and a mail that is the same work for any address."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.devices import remember_device
from accounts.forms import AddressField
from accounts.mails import send_password_reset, tell_of_changed_password
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


class ChoosePassword(views.PasswordResetConfirmView):
    """Django's own page. Afterwards the user signs in, with the second step if there is one."""

    template_name = "account/choose_password.html"
    success_url = reverse_lazy("login")

    def form_valid(self, form: Any) -> HttpResponse:
        if refusal := refuse_another_account(self.request, form.user):
            return refusal
        response = super().form_valid(form)
        remember_device(response, form.user)
        tell_of_changed_password(form.user)
        messages.success(self.request, _("Your password has changed. Sign in with the new one."))
        return response

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> HttpResponse:
        if self.validlink and (refusal := refuse_another_account(self.request, self.user)):
            return refusal
        if not self.validlink:
            response_kwargs["status"] = 410
        return super().render_to_response(context, **response_kwargs)


choose_password = ChoosePassword.as_view()
