"""Page of an account's passkeys, and the ceremonies that add one and sign in by one."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.i18n import JavaScriptCatalog
from django_otp_webauthn import views
from django_otp_webauthn.exceptions import OTPWebAuthnApiError
from django_otp_webauthn.models import WebAuthnCredential

from accounts.entering import enter
from accounts.models import SignIn, User
from accounts.two_factor import VERIFIED
from accounts.views.owner import OwnerRequest, owner_page

FRESH = timedelta(minutes=10)
"""Age of a session that may add a passkey: one that was left open must not add a lasting way in."""


class StaleSignIn(OTPWebAuthnApiError):
    """The session is too old to add a passkey."""

    status_code = 403
    default_code = "stale_sign_in"
    default_detail = "Sign out and in again, then add the passkey within ten minutes."


@owner_page
def passkeys(request: OwnerRequest) -> HttpResponse:
    """List the passkeys, and remove one on a POST."""
    own = WebAuthnCredential.objects.filter(user=request.user.pk).order_by("pk")
    if request.method == "POST":
        own.filter(pk=request.POST.get("passkey") if request.POST.get("passkey", "").isdecimal() else None).delete()
        return HttpResponseRedirect(reverse("passkeys"))
    return render(request, "passkeys/passkeys.html", {"passkeys": own})


class Registration(views.RegistrationCeremonyMixin):
    """Right to add a passkey: a fresh sign-in, by the second factor where there is one."""

    request: OwnerRequest

    def get_user(self) -> User | None:
        """Return the user with what django-otp's middleware would add, which the service does without."""
        user: User | None = super().get_user()
        if user is not None:
            user.is_verified = lambda: self.request.session.get(VERIFIED, False)  # type: ignore[attr-defined]
        return user

    def check_can_register(self) -> None:
        """Raise StaleSignIn unless this session began a moment ago."""
        sessions = SignIn.objects.filter(pk=self.request.session.session_key)
        if not sessions.filter(signed_in_at__gt=timezone.now() - FRESH).exists():
            raise StaleSignIn


class BeginRegistration(Registration, views.BeginCredentialRegistrationView):
    pass


class CompleteRegistration(Registration, views.CompleteCredentialRegistrationView):
    pass


class SignInCeremony:
    """Ceremony that requires PIN, finger or face, because it asks for no user: the passkey says who it is."""

    def get_user(self) -> None:
        return None


class BeginSignIn(SignInCeremony, views.BeginCredentialAuthenticationView):
    pass


class CompleteSignIn(SignInCeremony, views.CompleteCredentialAuthenticationView):
    def post(self, *args: Any, **kwargs: Any) -> JsonResponse:
        """Sign in as the service does. What the device has and what its owner knows or is are two factors."""
        answer: JsonResponse = super().post(*args, **kwargs)
        answer.cookies.update(self.entered.cookies)
        return answer

    def complete_auth(self, device: WebAuthnCredential) -> None:
        self.entered = enter(self.request, device.user, self.get_success_url(), has_second_factor=True)


begin_registration = BeginRegistration.as_view()
complete_registration = CompleteRegistration.as_view()
begin_sign_in = BeginSignIn.as_view()
complete_sign_in = CompleteSignIn.as_view()
texts = JavaScriptCatalog.as_view(packages=["django_otp_webauthn"])
