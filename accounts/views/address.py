"""Change of the e-mail address: a form, and the page of the link that confirms it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.account_forms import AddressForm
from accounts.address_change import change_address
from accounts.address_holders import address_holders
from accounts.links import BadLink, UsedLink, proven_address, read_change, sign_up_url
from accounts.mails import send_change_of_address
from accounts.views.another_account import refuse_another_account
from accounts.views.bad_link import bad_link
from accounts.views.owner import OwnerRequest, owner_page
from foundation import clock
from foundation.email_addresses import address_of


@owner_page
def address(request: OwnerRequest) -> HttpResponse:
    """Send a link to the new address, whether or not an account has it."""
    form = AddressForm(request, request.POST if request.method == "POST" else None)
    context = {"form": form, "address": address_of(request.user)}
    if form.is_valid():
        send_change_of_address(request.user, form.cleaned_data["address"])
        context["new_address"] = form.cleaned_data["address"]
    return render(request, "account/address.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_address(request: HttpRequest, token: str) -> HttpResponse:
    """Change the address on a POST, because mail filters follow links. It takes no sign-in: the link is a secret.

    Its owner may have asked for nothing, and have no other link that day: this one opens an account, too.
    """
    try:
        change = read_change(token)
        return refuse_another_account(request, change.user) or _confirm(request, token, change.address)
    except UsedLink as error:
        proven = proven_address(token)
        own_account = "" if address_holders(proven).exists() else _own_account(request, proven)
        return bad_link(request, error, again=reverse("address"), own_account=own_account)
    except BadLink as error:
        return bad_link(request, error, again=reverse("address"))


def _confirm(request: HttpRequest, token: str, new_address: str) -> HttpResponse:
    if request.method != "POST":
        context = {"address": new_address, "own_account": _own_account(request, new_address)}
        return render(request, "account/confirm_address.html", context)
    change_address(token, clock.now())
    messages.success(request, _("Your mails now go to %(address)s.") % {"address": new_address})
    return HttpResponseRedirect(reverse("account"))


def _own_account(request: HttpRequest, address: str) -> str:
    """Return the link by which the owner of the address opens an account; "" for whoever is signed in."""
    return "" if request.user.is_authenticated else sign_up_url(address)
