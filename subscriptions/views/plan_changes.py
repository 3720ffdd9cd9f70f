"""Pages on which a subscriber changes the plan: choice of the plan, then of the time."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from foundation import clock
from subscriptions import checkout, plan_changes
from subscriptions.checkout import ChangeQuote
from subscriptions.errors import ChangedMeanwhile, IllegalTransition
from subscriptions.models import Plan, Subscription
from subscriptions.presentation import Standing
from subscriptions.terms import Terms
from subscriptions.views.refusal import render_service_errors
from subscriptions.views.shown_terms import ask, read_terms
from subscriptions.views.subscriber import SubscriberRequest


@never_cache
@login_required
@require_safe
@render_service_errors
def choose_plan(request: SubscriberRequest, subscription_id: int) -> HttpResponse:
    """List the plans that the subscription can change to."""
    standing = _standing(request, subscription_id)
    held = Subscription.objects.live(standing.now).filter(user=request.user).values("plan")
    plans = Plan.objects.filter(on_sale=True).exclude(pk__in=held)
    return render(request, "subscriptions/choose_plan.html", {"standing": standing, "plans": plans})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@render_service_errors
def change_plan(request: SubscriberRequest, subscription_id: int, plan_id: int) -> HttpResponse:
    """GET shows what the change costs now and at the end of the period; POST makes or plans it on the terms shown.

    A POST that names the present plan undoes what was planned.
    """
    standing = _standing(request, subscription_id)
    plan = get_object_or_404(Plan, pk=plan_id)
    changed = None
    if request.method == "POST" and plan.pk == standing.subscription.plan_id:
        return _undone(request, standing, plan)
    if (shown := read_terms(request)) is not None:
        try:
            if request.POST.get("at") == "now":
                return _changed_now(request, standing, plan, shown)
            return _planned(request, standing, plan, shown)
        except ChangedMeanwhile as error:
            changed = error
            plan.refresh_from_db()
    plan_changes.preview(standing.subscription, plan, standing.now)
    context = {"standing": standing, "plan": plan, "offer": _offer(standing, plan), "checkout": checkout.current()}
    terms = Terms.of_change(standing.subscription, plan)
    return ask(request, "subscriptions/change_plan.html", context, terms, shown=shown, changed=changed)


def _standing(request: SubscriberRequest, subscription_id: int) -> Standing:
    owned = Subscription.objects.filter(user=request.user).select_related("plan", "next_plan")
    standing = Standing(get_object_or_404(owned, pk=subscription_id), clock.now())
    plan_changes.refuse_unchangeable(standing.subscription, standing.now)
    return standing


def _offer(standing: Standing, plan: Plan) -> ChangeQuote | None:
    """Return what a change at once costs; None if subscribers cannot pay here, or not for this plan."""
    provider = checkout.required(plan)
    if provider is None:
        return None
    try:
        return provider.quote_change(standing.subscription, plan, standing.now)
    except IllegalTransition:
        return None


def _planned(request: SubscriberRequest, standing: Standing, plan: Plan, shown: Terms) -> HttpResponse:
    plan_changes.change_plan(standing.subscription, plan, now=standing.now, actor=request.user, shown=shown)
    messages.success(request, _("Your subscription changes to %(plan)s with the next renewal.") % {"plan": plan})
    return redirect("subscription", standing.subscription.pk)


def _undone(request: SubscriberRequest, standing: Standing, plan: Plan) -> HttpResponse:
    plan_changes.change_plan(standing.subscription, plan, now=standing.now, actor=request.user)
    messages.success(request, _("You keep %(plan)s.") % {"plan": plan})
    return redirect("subscription", standing.subscription.pk)


def _changed_now(request: SubscriberRequest, standing: Standing, plan: Plan, shown: Terms) -> HttpResponse:
    provider = checkout.required(plan)
    if provider is None:
        raise IllegalTransition(f"{standing.subscription} changes its plan at the end of the period")
    if due := provider.open_change(standing.subscription, plan, standing.now, shown, request.user):
        return redirect(due.path)
    messages.success(request, _("Your subscription is now %(plan)s.") % {"plan": plan})
    return redirect("subscription", standing.subscription.pk)
