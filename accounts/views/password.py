"""Change of the password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _

from accounts.devices import remember_device
from accounts.mails import PASSWORD_CHANGED, tell_owner
from accounts.sessions import end_known_sessions, keep_listed
from accounts.two_factor import is_verified


class ChangePassword(PasswordChangeView):
    """Django's own, which ends the other sessions. The owner is told by mail."""

    template_name = "account/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        old_key = self.request.session.session_key
        response = super().form_valid(form)
        remember_device(response, form.user, is_verified=is_verified(self.request))
        keep_listed(self.request, old_key)
        end_known_sessions(form.user, but=self.request.session.session_key)
        tell_owner(PASSWORD_CHANGED, form.user)
        messages.success(self.request, _("Your password has changed. You are signed out everywhere else."))
        return response


change_password = ChangePassword.as_view()
