"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.devices import remember_device
from accounts.models import User
from accounts.pending_sign_up import PendingSignUp
from accounts.sessions import begin_session
from accounts.sign_in_form import SignInForm
from accounts.views.next_page import next_page
from foundation.email_addresses import address_of


class SignInView(LoginView):
    """Django's own, which redirects to pages of this site only."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return next_page(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the address that this browser has signed up with, if it is not confirmed yet."""
        pending = PendingSignUp.of(self.request.session)
        return super().get_context_data(**kwargs) | {"pending_address": pending.address if pending else ""}

    def form_valid(self, form: Any) -> HttpResponse:
        return enter(self.request, form.get_user(), self.get_success_url())


def enter(request: HttpRequest, user: User, url: str) -> HttpResponse:
    """Sign the user in, and redirect."""
    begin_session(request, user)
    response = HttpResponseRedirect(url)
    remember_device(response, user.get_username(), address_of(user))
    return response


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()
