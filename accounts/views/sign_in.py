"""Signing in and out."""

from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest

from accounts.sign_in_form import SignInForm
from accounts.views.next_page import next_page


class SignInView(LoginView):
    """Django's own, which redirects to pages of this site only."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return next_page(self.request)


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()
