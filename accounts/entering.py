"""Entering an account: the session begins, and the browser becomes a known device."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from accounts.devices import remember_device
from accounts.models import User
from accounts.pending_sign_up import PendingSignUp
from accounts.sessions import begin_session
from accounts.two_factor import VERIFIED


def enter(request: HttpRequest, user: User, url: str, *, has_second_factor: bool = False) -> HttpResponse:
    """Sign the user in, and redirect. A sign-up that waits in this browser is over."""
    PendingSignUp.end(request.session)
    begin_session(request, user)
    request.session[VERIFIED] = has_second_factor
    response = HttpResponseRedirect(url)
    remember_device(response, user, is_verified=has_second_factor)
    return response
