"""Second step of a sign-in: the code of an authenticator app, or a recovery code."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.devices import is_verified_device
from accounts.entering import enter
from accounts.models import User
from accounts.pending_sign_in import awaiting_user, begin_sign_in, end_sign_in
from accounts.two_factor import is_valid

WRONG_CODE = _("This code is not valid. Wait for the next one, a little longer after each wrong one.")


class CodeForm(forms.Form):
    """A code, with or without spaces."""

    code = forms.CharField(
        label=_("Code"),
        max_length=32,
        help_text=_("Six digits of your authenticator app, or a recovery code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self) -> str:
        """Return the code without spaces, in lower case as recovery codes are."""
        return "".join(str(self.cleaned_data["code"]).split()).lower()


def ask_for_code(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Remember that the password was right, and go on to the second step."""
    begin_sign_in(request, user, url)
    return HttpResponseRedirect(reverse("second_step"))


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and sign in."""
    user = awaiting_user(request)
    if user is None:
        return HttpResponseRedirect(reverse("login"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if is_valid(user, form.cleaned_data["code"], in_known_browser=is_verified_device(request, user)):
            return enter(request, user, end_sign_in(request), has_second_factor=True)
        form.add_error("code", WRONG_CODE)
    return render(request, "account/second_step.html", {"form": form})
