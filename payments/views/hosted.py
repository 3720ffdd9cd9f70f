"""Way to the provider's page, and back."""

import logging
from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import clock
from payments import hosted_page
from payments.errors import ProviderRefused, ProviderUnavailable
from payments.hosted_page import MoneyOnItsWay
from payments.models import Order
from payments.providers import registry
from payments.providers.interface import Provider
from payments.views.ordering import asked, bound_form
from payments.views.owned import own_order
from payments.views.provider_pages import may_lead_to
from subscriptions.views.subscriber import SubscriberRequest

logger = logging.getLogger(__name__)


def order_page(request: SubscriberRequest, order: Order, provider: Provider) -> HttpResponse:
    """Show terms and consent beside the button that obliges to pay; after it, redirect to the provider's page."""
    form = bound_form(request, order)
    if not form.is_valid():
        return may_lead_to(asked(request, order, form), provider, request)
    back = request.build_absolute_uri(reverse("pay_return", args=[order.pk]))
    try:
        page = hosted_page.begin(order, provider, form.consent(), back, clock.now())
    except MoneyOnItsWay:
        return redirect("pay_return", order.pk)
    except (ProviderUnavailable, ProviderRefused) as error:
        logger.warning("no page of the provider", extra={"order": order.pk, "error": type(error).__name__})
        page_again = asked(request, order, form, HTTPStatus.SERVICE_UNAVAILABLE)
        return may_lead_to(page_again, provider, request)
    return HttpResponseRedirect(page.url)


@never_cache
@login_required
@require_safe
def return_from_provider(request: SubscriberRequest, order_id: int) -> HttpResponse:
    """Ask the provider once, and say what became of the order. The visit itself proves nothing."""
    order = own_order(request, order_id)
    provider = registry.current()
    context = {"order": order, "kind": "", "code": ""}
    if provider is not None and order.reference and hosted_page.is_worth_asking(order):
        outcome = hosted_page.ask(order, provider, clock.now())
        context |= {"kind": outcome.kind, "code": outcome.code}
    return render(request, "payments/return.html", context)
