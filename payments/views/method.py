"""Page of the payment method and of what it renews."""

import logging
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from foundation import clock
from payments.errors import MethodInUse, ProviderRefused, ProviderUnavailable
from payments.methods.saved_methods import (
    kept_methods,
    last_chargeable,
    method_of,
    remove_method,
    renewals_of,
    replace_method,
)
from payments.orders.grace import money_on_its_way
from payments.providers import registry
from payments.providers.interface import OutcomeKind
from payments.renewal.automatic_renewal import turn_off
from payments.views.provider_pages import may_lead_to
from subscriptions.views.subscriber import SubscriberRequest

logger = logging.getLogger(__name__)

REFERENCE = "payment_method_reference"
"""Key of the session under which the provider's page for a new method is remembered."""

NO_ANSWER = (OutcomeKind.UNKNOWN, OutcomeKind.NOTHING_HAPPENED)
"""Outcomes of a question that tell nothing. The webhook brings a card that was saved."""


@never_cache
@login_required
@require_safe
def payment_method(request: SubscriberRequest) -> HttpResponse:
    """Show the saved method and the subscriptions that it renews."""
    return _page(request)


@login_required
@require_POST
def replace(request: SubscriberRequest) -> HttpResponse:
    """Lead to the provider's page for another card."""
    provider = registry.current()
    if provider is None:
        return redirect("payment_method")
    back = request.build_absolute_uri(reverse("payment_method_return"))
    known = method_of(request.user)
    try:
        page = provider.save_method(str(request.user.pk), known.customer if known else "", back, back)
    except (ProviderUnavailable, ProviderRefused) as error:
        logger.warning("no page of the provider", extra={"error": type(error).__name__})
        return _page(request, HTTPStatus.SERVICE_UNAVAILABLE)
    request.session[REFERENCE] = page.reference
    return HttpResponseRedirect(page.url)


@never_cache
@login_required
@require_safe
def return_with_method(request: SubscriberRequest) -> HttpResponse:
    """Ask the provider once whether a method was saved, and charge renewals to it."""
    provider, reference = registry.current(), request.session.pop(REFERENCE, "")
    if provider is not None and reference:
        outcome = provider.ask(reference)
        if outcome.kind is OutcomeKind.SUCCEEDED and outcome.method:
            replace_method(request.user, provider.name, outcome.method, clock.now())
            messages.success(request, _("Your new card is saved. What is due is charged to it."))
        elif outcome.kind in NO_ANSWER:
            text = _("The payment provider does not answer now. If you have entered a card, it appears here by itself.")
            messages.info(request, text)
        else:
            messages.info(request, _("Nothing has changed: no card was saved."))
    return redirect("payment_method")


@login_required
@require_POST
def remove(request: SubscriberRequest) -> HttpResponse:
    """Remove the saved method, unless a renewal is being collected by it."""
    try:
        remove_method(request.user, clock.now())
    except MethodInUse:
        messages.error(
            request, _("A renewal is being collected. Pay it or cancel the subscription before you remove the card.")
        )
    else:
        messages.success(request, _("Your card is removed. Nothing renews automatically any more."))
    return redirect("payment_method")


@login_required
@require_POST
def auto_renew(request: SubscriberRequest, renewal_id: int) -> HttpResponse:
    """Turn automatic renewal of a subscription off. It is turned on beside its terms."""
    renewal = get_object_or_404(renewals_of(request.user, clock.now()), pk=renewal_id)
    turn_off(renewal, clock.now())
    text = _("%(plan)s does not renew automatically any more.")
    messages.success(request, text % {"plan": renewal.subscription.plan.name})
    return redirect("payment_method")


def _page(request: SubscriberRequest, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    provider = registry.current()
    now = clock.now()
    renewals = renewals_of(request.user, now)
    on_its_way = money_on_its_way([renewal.subscription_id for renewal in renewals])
    late = {renewal.subscription_id for renewal in renewals if renewal.subscription.is_late(now)}
    kept = kept_methods(request.user)
    context = {
        "method": last_chargeable(kept),
        "is_removable": bool(kept),
        "renewals": renewals,
        "money_on_its_way": on_its_way,
        "ending_at_once": late - on_its_way,
        "takes_online": provider is not None,
        "unavailable": status == HTTPStatus.SERVICE_UNAVAILABLE,
    }
    page = render(request, "payments/method.html", context, status=status)
    return may_lead_to(page, provider, request) if provider else page
