"""Pages of the plans on sale, and of subscribing."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from foundation import clock
from subscriptions import checkout
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile, PlanNotOnSale
from subscriptions.models import Plan, Subscription, Transition
from subscriptions.models.subscription import access_end
from subscriptions.presentation import Standing
from subscriptions.rules import next_period
from subscriptions.savings import Saving, saving_of
from subscriptions.services import SubscriptionService
from subscriptions.terms import Terms
from subscriptions.trials import may_try
from subscriptions.views.confirmation import redirect_to_confirmation
from subscriptions.views.refusal import render_service_errors
from subscriptions.views.shown_terms import ask, read_terms
from subscriptions.views.subscriber import SubscriberRequest


@dataclass(frozen=True)
class Offer:
    """A plan on sale, and the visitor's live subscription to it."""

    plan: Plan
    held: Standing | None
    saving: Saving | None = None
    may_try: bool = False
    """True if the plan has a free trial and the visitor has not used theirs."""


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """List the plans on sale, cheapest first, with the end of the visitor's own subscriptions."""
    held = _held(request.user, clock.now())
    on_sale = Plan.objects.filter(on_sale=True).select_related("compared_with")
    tries = any(plan.trial_days for plan in on_sale) and may_try(request.user)
    offers = [
        Offer(plan, held.get(plan.pk), saving_of(plan), may_try=tries and plan.trial_days > 0) for plan in on_sale
    ]
    return render(request, "subscriptions/plans.html", {"offers": offers})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def subscribe(request: SubscriberRequest, plan_id: int) -> HttpResponse:
    """GET shows the terms, POST subscribes on them. A visitor who has the plan is redirected to the subscription."""
    plan = get_object_or_404(Plan, pk=plan_id)
    now = clock.now()
    if held := _held(request.user, now).get(plan.pk):
        return _lead_to(held, request)
    changed = None
    if (shown := read_terms(request)) is not None:
        try:
            return _subscribed(request, plan, shown, now)
        except ChangedMeanwhile as error:
            changed = error
            plan.refresh_from_db()
    if not plan.on_sale:
        raise PlanNotOnSale(f"plan {plan.pk} is not on sale; choose another")
    context = {"plan": plan, "end": next_period(plan, now).end, "must_pay": checkout.required(plan)}
    return ask(request, "subscriptions/subscribe.html", context, Terms.of(plan=plan), shown=shown, changed=changed)


def _subscribed(request: SubscriberRequest, plan: Plan, shown: Terms, now: datetime) -> HttpResponse:
    try:
        if provider := checkout.required(plan):
            return redirect(provider.open_first(request.user, plan, now, shown).path)
        made = SubscriptionService.create_subscription(request.user, plan, now=now, actor=request.user, shown=shown)
    except AlreadySubscribed:
        held = _held(request.user, now).get(plan.pk)
        if not held:
            raise
        return _lead_to(held, request)  # the other one of two clicks was quicker
    return redirect_to_confirmation(Transition.CREATED, made)


def _lead_to(held: Standing, request: HttpRequest) -> HttpResponse:
    messages.info(request, _("You already subscribe to this plan."))
    return redirect("subscription", held.subscription.pk)


def _held(user: User | AnonymousUser, now: datetime) -> dict[int, Standing]:
    """Return the user's live subscriptions by plan; of several to one plan the one that lasts longest."""
    if not user.is_authenticated:
        return {}
    live = Subscription.objects.live(now).filter(user=user).order_by(access_end())
    return {subscription.plan_id: Standing(subscription, now) for subscription in live}
