"""Page on which a free trial is started."""

from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from foundation import clock
from subscriptions import checkout
from subscriptions.errors import AlreadySubscribed, ChangedMeanwhile, PlanNotOnSale, TrialUsed
from subscriptions.models import Plan, Subscription, Transition
from subscriptions.terms import Terms
from subscriptions.trials import refuse_trial, start_trial
from subscriptions.views.confirmation import redirect_to_confirmation
from subscriptions.views.refusal import render_service_errors
from subscriptions.views.shown_terms import ask, read_terms
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def trial(request: SubscriberRequest, plan_id: int) -> HttpResponse:
    """GET says what the trial is and what follows it, POST starts it. Whoever has the plan is redirected to it."""
    plan = get_object_or_404(Plan, pk=plan_id)
    now = clock.now()
    changed = None
    if (shown := read_terms(request)) is not None:
        try:
            return _started(request, plan, shown, now)
        except ChangedMeanwhile as error:
            changed = error
            plan.refresh_from_db()
    if held := _held(request, plan, now):
        return redirect("subscription", held.pk)
    if not plan.on_sale:
        raise PlanNotOnSale(f"plan {plan.pk} is not on sale; choose another")
    refuse_trial(request.user, plan)
    context = {
        "plan": plan,
        "end": now + timedelta(days=plan.trial_days),
        "must_pay": checkout.required(plan),
    }
    return ask(request, "subscriptions/trial.html", context, Terms.of_trial(plan), shown=shown, changed=changed)


def _started(request: SubscriberRequest, plan: Plan, shown: Terms, now: datetime) -> HttpResponse:
    try:
        started = start_trial(request.user, plan, now=now, actor=request.user, shown=shown)
    except (AlreadySubscribed, TrialUsed):
        held = _held(request, plan, now)
        if not held:
            raise
        return redirect("subscription", held.pk)  # the other one of two clicks was quicker
    return redirect_to_confirmation(Transition.CREATED, started)


def _held(request: SubscriberRequest, plan: Plan, now: datetime) -> Subscription | None:
    return Subscription.objects.live(now).filter(user=request.user, plan=plan).order_by("-end_date").first()
