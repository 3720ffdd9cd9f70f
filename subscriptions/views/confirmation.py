"""Confirmation pages after subscribing and cancelling."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from foundation import clock
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.presentation import Standing, Status
from subscriptions.views.subscriber import SubscriberRequest

PAGES = {Transition.CREATED: "subscription_success", Transition.CANCELLED: "subscription_cancelled"}
"""URL names of the pages, and names of the cookies that hold the subscription's id."""


@never_cache
@login_required
@require_safe
def success(request: SubscriberRequest) -> HttpResponse:
    """Confirm a new subscription."""
    return _page(request, "subscriptions/success.html", Transition.CREATED, Status.ACTIVE)


@never_cache
@login_required
@require_safe
def cancelled(request: SubscriberRequest) -> HttpResponse:
    """Confirm a cancellation, and show how long access stays."""
    return _page(request, "subscriptions/cancelled.html", Transition.CANCELLED, Status.CANCELLED)


def redirect_to_confirmation(transition: Transition, subscription: Subscription) -> HttpResponse:
    """Redirect to the page that confirms the transition; a cookie names the subscription.

    A changed session would cost three statements.
    """
    response = redirect(PAGES[transition])
    response.set_signed_cookie(
        PAGES[transition], str(subscription.pk), httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response


def _page(request: SubscriberRequest, template: str, transition: Transition, state: Status) -> HttpResponse:
    """Render the page; it says so if the subscription is no longer in the state that the transition led to."""
    context = {"standing": _acted_upon(request, transition), "confirmed_state": state}
    return render(request, template, context)


def _acted_upon(request: SubscriberRequest, transition: Transition) -> Standing | None:
    """Return the subscription named by the browser's cookie, else that of the user's latest such event."""
    owned = Subscription.objects.filter(user=request.user).select_related("plan")
    told = request.get_signed_cookie(PAGES[transition], default=None)
    found = owned.filter(pk=told).first() if told else None
    if not found:
        events = SubscriptionEvent.objects.filter(subscription__user=request.user, transition=transition)
        found = owned.filter(pk__in=events.order_by("-pk").values("subscription")[:1]).first()
    return Standing(found, clock.now()) if found else None
