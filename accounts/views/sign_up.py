"""Sign-up: a form, a page that asks to open the link of a mail, and that link's page."""

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.account_opening import open_account
from accounts.address_holders import address_holders
from accounts.entering import enter
from accounts.forms import EMAIL, CompletionForm, PendingForm, SignUpForm
from accounts.links import BadLink, UsedLink, read_sign_up
from accounts.mails import send_sign_up
from accounts.pending_sign_up import PendingSignUp
from accounts.views.another_account import refuse_another_account
from accounts.views.bad_link import bad_link
from accounts.views.next_page import next_page
from foundation import clock

page = require_http_methods(["GET", "HEAD", "POST"])


@sensitive_post_parameters()
@never_cache
@page
def sign_up(request: HttpRequest) -> HttpResponse:
    """Keep what was typed in the session, and send a mail: the same for an address that has an account."""
    wanted = next_page(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(wanted or reverse("plans"))
    form = SignUpForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        address = form.cleaned_data[EMAIL]
        password = make_password(form.cleaned_data["password1"])
        PendingSignUp(address, form.details(), password, wanted).keep(request.session)
        send_sign_up(address)
        return HttpResponseRedirect(reverse("sign_up_sent"))
    return render(request, "registration/sign_up.html", {"form": form, "next": wanted})


@never_cache
@page
def sign_up_sent(request: HttpRequest) -> HttpResponse:
    """Say that a mail is on its way, and send another one on request."""
    pending = PendingSignUp.of(request.session)
    if pending is None:
        return HttpResponseRedirect(reverse("sign_up"))
    if request.method == "POST":
        pending.keep(request.session)
        send_sign_up(pending.address)
    context = {"address": pending.address, "is_repeated": request.method == "POST"}
    return render(request, "account/sign_up_sent.html", context)


@sensitive_post_parameters()
@never_cache
@page
def confirm_sign_up(request: HttpRequest, token: str) -> HttpResponse:
    """Open the account of an address on a POST, because mail filters follow links."""
    try:
        address = read_sign_up(token)
        if address_holders(address).exists():
            raise UsedLink
        return refuse_another_account(request) or _complete(request, address)
    except BadLink as error:
        return bad_link(request, error, again=reverse("sign_up"))


def _complete(request: HttpRequest, address: str) -> HttpResponse:
    """Take name and password from the session that signed up, or ask for them in another browser.

    A password that somebody else typed when signing up with this address thus opens nothing.
    """
    pending = PendingSignUp.of(request.session)
    if pending is None or pending.address != address:
        return _ask(request, address)
    if request.method == "POST":
        form = PendingForm(address, pending.details)
        if form.is_valid() and (user := open_account(form, address, pending.password, clock.now())):
            return enter(request, user, pending.next_page or reverse("plans"))
        return _ask(request, address)  # the name was taken meanwhile
    return render(request, "account/confirm_sign_up.html", {"address": address})


def _ask(request: HttpRequest, address: str) -> HttpResponse:
    is_filled = request.method == "POST" and "password1" in request.POST
    form = CompletionForm(address, request.POST if is_filled else None)
    if form.is_valid():
        password = make_password(form.cleaned_data["password1"])
        if user := open_account(form, address, password, clock.now()):
            return enter(request, user, reverse("plans"))
    return render(request, "account/confirm_sign_up.html", {"address": address, "form": form})
