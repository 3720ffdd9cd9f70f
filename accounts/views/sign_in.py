"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest

from accounts.pending_sign_up import PendingSignUp
from accounts.sign_in_form import SignInForm
from accounts.views.next_page import next_page


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


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()
