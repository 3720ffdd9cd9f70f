"""Sign-up page."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import SignUpForm
from accounts.views.next_page import next_page


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """Create an account, sign in, and redirect to the page that the visitor asked for."""
    wanted = next_page(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted or reverse("plans"))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (user := form.create_account()):
        login(request, user)
        return HttpResponseRedirect(wanted or reverse("plans"))
    return render(request, "registration/sign_up.html", {"form": form, "next": wanted})
