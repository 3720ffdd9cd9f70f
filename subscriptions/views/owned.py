"""Pages of the user's own subscriptions: list, detail with history, cancel, resume and renew."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from foundation import clock
from subscriptions import checkout
from subscriptions.errors import ChangedMeanwhile, IllegalTransition
from subscriptions.forms import CancellationForm, TermsForm
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.periods import with_period
from subscriptions.permissions import may_renew_early
from subscriptions.presentation import Standing, Status
from subscriptions.rules import (
    allowed,
    next_period,
    refuse_early_change,
    refuse_early_renewal,
)
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms
from subscriptions.views.confirmation import redirect_to_confirmation
from subscriptions.views.listing import as_owner, listing_of, provider_for, standing_of
from subscriptions.views.refusal import render_service_errors
from subscriptions.views.shown_terms import ask, read_terms
from subscriptions.views.subscriber import SubscriberRequest

EVENTS_ON_A_PAGE = 25


@never_cache
@login_required
@require_safe
def subscriptions(request: SubscriberRequest) -> HttpResponse:
    """List the user's subscriptions, newest first."""
    now = clock.now()
    listing = listing_of(request.user, now, request.GET.get("page"))
    context = {"page": listing.page, "standings": listing.standings, "notices": listing.notices}
    return render(request, "subscriptions/subscriptions.html", context)


@never_cache
@login_required
@require_safe
def subscription(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """Show a subscription, the actions that are open to its owner, and its history, newest first."""
    standing = _standing(request, subscription_id)
    renewals = checkout.renewals([standing.subscription], standing.now)
    standing = replace(standing, automatic_renewal=renewals.get(subscription_id))
    events = SubscriptionEvent.objects.filter(subscription=standing.subscription)
    events = events.select_related("plan", "old_plan").order_by("-pk")
    context = {
        "standing": standing,
        "terms_form": TermsForm.showing(Terms.of_end(standing.subscription)),
        "page": Paginator(events, EVENTS_ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "subscriptions/subscription.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def cancel(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """GET explains the cancellation and asks for a reason; POST cancels if the end is still as shown."""
    standing = _standing(request, subscription_id)
    form = CancellationForm(request.POST if request.method == "POST" else None)
    changed = None
    if (shown := read_terms(request)) is not None and form.is_valid():
        try:
            return _cancelled(request, standing, form.cleaned_data["reason"], shown)
        except ChangedMeanwhile as error:
            changed = error
    if not standing.may_cancel:
        raise IllegalTransition(f"{standing.subscription} is {standing.state}")
    on_its_way = checkout.has_money_on_its_way(standing.subscription)
    context = {"standing": standing, "form": form, "money_on_its_way": on_its_way}
    terms = Terms.of_end(standing.subscription)
    return ask(request, "subscriptions/cancel.html", context, terms, shown=shown, changed=changed)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def reactivate(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """GET asks; POST resumes if the end is still as shown. A second click finds it done."""
    standing = _standing(request, subscription_id)
    changed = None
    if (shown := read_terms(request)) is not None:
        try:
            return _reactivated(request, standing, shown)
        except ChangedMeanwhile as error:
            changed = error
    if not standing.may_reactivate:
        raise IllegalTransition(f"{standing.subscription} is {standing.state}")
    terms = Terms.of_end(standing.subscription)
    return ask(request, "subscriptions/reactivate.html", {"standing": standing}, terms, shown=shown, changed=changed)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def renew(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """GET shows what a renewal adds; POST renews on the terms shown, once per end that was shown."""
    standing = _standing(request, subscription_id)
    changed = None
    shown = read_terms(request)
    if shown is not None and shown.end_date is not None and standing.renewal_opens is not None:
        try:
            if provider := provider_for(request.user, standing.subscription):
                return redirect(provider.open_renewal(standing.subscription, standing.now, shown).path)
            return _renewed(request, standing, shown)
        except ChangedMeanwhile as error:
            changed = error
    if standing.renewal_opens is None:
        return render(request, "subscriptions/renewal_refused.html", {"standing": standing}, status=403)
    renewed = standing.subscription
    refuse_early_change(renewed, renewed.renewal_plan, standing.now)
    refuse_early_renewal(renewed, renewed.renewal_plan, standing.now, _may_renew_early(request, standing))
    context = {
        "standing": standing,
        "end": next_period(renewed.renewal_plan, standing.now, renewed).end,
        "must_pay": provider_for(request.user, renewed),
    }
    terms = Terms.of_renewal(renewed)
    return ask(request, "subscriptions/renew.html", context, terms, shown=shown, changed=changed)


def _standing(request: SubscriberRequest, subscription_id: int) -> Standing:
    now = clock.now()
    owned = with_period(Subscription.objects.filter(user=request.user).select_related("plan", "next_plan"), now)
    return standing_of(request.user, get_object_or_404(owned, pk=subscription_id), now)


def _may_renew_early(request: SubscriberRequest, standing: Standing) -> Callable[[], bool]:
    if provider_for(request.user, standing.subscription):
        return allowed  # whoever pays may pay ahead
    return partial(may_renew_early, as_owner(request.user), standing.subscription)


def _cancelled(request: SubscriberRequest, standing: Standing, reason: str, shown: Terms) -> HttpResponse:
    SubscriptionService.cancel_subscription(
        standing.subscription, reason, now=standing.now, actor=request.user, shown=shown
    )
    return redirect_to_confirmation(Transition.CANCELLED, standing.subscription)


def _reactivated(request: SubscriberRequest, standing: Standing, shown: Terms) -> HttpResponse:
    try:
        SubscriptionService.reactivate_subscription(
            standing.subscription, now=standing.now, actor=request.user, shown=shown
        )
    except IllegalTransition:
        # The service has brought it up to date: of two clicks the second one finds what it wished for.
        if standing.state != Status.ACTIVE:
            raise
    messages.success(request, _("You have resumed %(plan)s.") % _plan_of(standing))
    return redirect("subscription", standing.subscription.pk)


def _renewed(request: SubscriberRequest, standing: Standing, shown: Terms) -> HttpResponse:
    judged = replace(shown, price=standing.subscription.renewal_plan.price) if shown.price is None else shown
    try:
        SubscriptionService.renew_subscription(
            standing.subscription,
            now=standing.now,
            actor=request.user,
            shown=judged,
            early=_may_renew_early(request, standing),
        )
    except ChangedMeanwhile as error:
        if set(error.present) != {"end_date"} or not _ends_later(standing, shown):
            raise
        messages.success(request, _("%(plan)s has already been renewed. Nothing was added.") % _plan_of(standing))
    else:
        messages.success(request, _("You have renewed %(plan)s.") % _plan_of(standing))
    return redirect("subscription", standing.subscription.pk)


def _plan_of(standing: Standing) -> dict[str, str]:
    return {"plan": standing.subscription.plan.name}


def _ends_later(standing: Standing, shown: Terms) -> bool:
    return shown.end_date is not None and standing.subscription.end_date > shown.end_date
