"""Signing in and out."""

from typing import Any

from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.entering import enter
from accounts.pending_sign_up import PendingSignUp
from accounts.sign_in_form import SignInForm
from accounts.two_factor import has_second_factor
from accounts.views.next_page import next_page
from accounts.views.second_step import ask_for_code


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
        """Go on to the second step if there is one."""
        user, url = form.get_user(), self.get_success_url()
        return ask_for_code(self.request, user, url) if has_second_factor(user) else enter(self.request, user, url)


class AdminSignInView(SignInView):
    """The same form at the admin's own address."""

    redirect_authenticated_user = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Send staff on, and refuse others who are signed in already. Raises PermissionDenied."""
        if not request.user.is_authenticated:
            return super().dispatch(request, *args, **kwargs)
        if not request.user.is_active or not request.user.is_staff:
            raise PermissionDenied
        return HttpResponseRedirect(self.get_success_url())

    def get_default_redirect_url(self) -> str:
        return reverse("admin:index")


sign_in = SignInView.as_view()
sign_out = LogoutView.as_view()
admin_sign_in = AdminSignInView.as_view()
