"""The pages that confirm what a subscriber has just done, and which subscription they speak of."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import clock
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.presentation import Standing
from subscriptions.views.subscriber import SubscriberRequest

PAGES = {Transition.CREATED: "subscription_success", Transition.CANCELLED: "subscription_cancelled"}
"""Names of the pages' addresses, and of the cookies that say what they are about."""


@never_cache
@login_required
@require_safe
def success(request: SubscriberRequest) -> HttpResponse:
    """What one has just subscribed to."""
    return render(request, "subscriptions/success.html", {"standing": _acted_upon(request, Transition.CREATED)})


@never_cache
@login_required
@require_safe
def cancelled(request: SubscriberRequest) -> HttpResponse:
    """What one has just cancelled, and what stays of it."""
    return render(request, "subscriptions/cancelled.html", {"standing": _acted_upon(request, Transition.CANCELLED)})


def lead_to_confirmation(transition: Transition, subscription: Subscription) -> HttpResponse:
    """Lead to the page that confirms the transition, and have the browser tell it of which subscription.

    By a cookie, as a session that is changed costs three statements.
    """
    response = redirect(PAGES[transition])
    response.set_signed_cookie(
        PAGES[transition], str(subscription.pk), httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def _acted_upon(request: SubscriberRequest, transition: Transition) -> Standing | None:
    """What the browser was told of; where that is nothing, or another user's, what the latest event is about."""
    owned = Subscription.objects.filter(user=request.user).select_related("plan")
    told = request.get_signed_cookie(PAGES[transition], default=None)
    found = owned.filter(pk=told).first() if told else None
    if not found:
        events = SubscriptionEvent.objects.filter(subscription__user=request.user, transition=transition)
        found = owned.filter(pk__in=events.order_by("-pk").values("subscription")[:1]).first()
    return Standing(found, clock.now()) if found else None
