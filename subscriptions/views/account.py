"""Signing up. Signing in and out are Django's own views."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from subscriptions.forms import SignUpForm


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Make an account, sign in, and go on to where the visitor wanted to go."""
    if request.user.is_authenticated:
        return redirect(_next_page(request))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (user := form.create_account()):
        login(request, user)
        return redirect(_next_page(request))
    return render(request, "registration/sign_up.html", {"form": form, "next": _wanted(request)})


def _next_page(request: HttpRequest) -> str:
    wanted = _wanted(request)
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe else resolve_url("plans")


def _wanted(request: HttpRequest) -> str:
    return request.POST.get("next", request.GET.get("next", ""))
