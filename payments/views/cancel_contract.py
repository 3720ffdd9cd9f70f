"""Pages on which contracts are cancelled without signing in. They answer the same for any address and user name."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.links import BadLink
from accounts.views.bad_link import bad_link
from foundation import clock
from foundation.web.typed_text import redirect_with_text, text_typed_for
from payments.contract_cancellation import confirm, contracts_of, read_link, request_cancellation
from payments.forms import CancelContractForm
from payments.orders.grace import money_on_its_way


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cancel_contract(request: HttpRequest) -> HttpResponse:
    """Ask whose contract is to end, which and when; send a link, without saying whether anybody is known."""
    if not settings.PAYMENT_PROVIDER:
        raise Http404("nobody pays here; cancel under My subscriptions")
    form = CancelContractForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        request_cancellation(**form.cleaned_data, now=clock.now())
        return redirect_with_text("cancel_contract_sent", form.cleaned_data["named"])
    return render(request, "payments/cancel_contract.html", {"form": form})


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what happens next."""
    named = text_typed_for("cancel_contract_sent", request)
    if not named:
        return redirect("cancel_contract")
    return render(request, "payments/cancel_contract_sent.html", {"named": named})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_cancellation(request: HttpRequest, token: str) -> HttpResponse:
    """GET lists the contracts with the day on which each would end; POST cancels the chosen ones."""
    try:
        asked = read_link(token)
    except BadLink as error:
        return bad_link(request, error, reverse("cancel_contract"))
    now = clock.now()
    if request.method == "POST":
        chosen = {int(key) for key in request.POST.getlist("contract") if key.isascii() and key.isdigit()}
        confirm(asked, chosen, now)
        return redirect("confirm_contract_cancellation", token)
    contracts = contracts_of(asked.address, now)
    goes_on = [each for each in contracts if each.status == "active"]
    context = {
        "asked": asked,
        "contracts": contracts,
        "goes_on": goes_on,
        "late": {each.pk for each in goes_on if each.is_late(now)},
        "on_its_way": money_on_its_way([each.pk for each in contracts]),
    }
    return render(request, "payments/confirm_contract_cancellation.html", context)
