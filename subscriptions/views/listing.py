"""A user's subscriptions as their page lists them, for the page itself and for the operators' preview of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.paginator import Page, Paginator

from foundation.web.notices import Notice
from subscriptions import checkout
from subscriptions.checkout import Checkout
from subscriptions.models import Subscription
from subscriptions.periods import with_period
from subscriptions.permissions import Caller, may_renew, may_renew_early
from subscriptions.presentation import Standing
from subscriptions.rules import change_opens, renewal_opens
from subscriptions.signals import subscriber_notices

SUBSCRIPTIONS_ON_A_PAGE = 20


@dataclass(frozen=True)
class Listing:
    """A page of a user's subscriptions, newest first, with what other apps have to say to them."""

    page: Page[Any]
    standings: Sequence[Standing]
    notices: Sequence[Notice]


def listing_of(user: AbstractUser, now: datetime, page: str | None = None) -> Listing:
    """Return the page with this number, or the nearest one."""
    owned = Subscription.objects.filter(user=user.pk).select_related("plan", "next_plan").order_by("-pk")
    shown = Paginator(with_period(owned, now), SUBSCRIPTIONS_ON_A_PAGE).get_page(page)
    renewals = checkout.renewals(list(shown), now)
    standings = [
        replace(standing_of(user, subscription, now), automatic_renewal=renewals.get(subscription.pk))
        for subscription in shown
    ]
    return Listing(shown, standings, _notices(user))


def standing_of(user: AbstractUser, subscription: Subscription, now: datetime) -> Standing:
    """Return the user's own subscription with the moves that are open to them on their pages."""
    caller = as_owner(user)
    if subscription.next_plan_id:
        may = may_renew(caller, subscription) or provider_for(user, subscription)
        return Standing(subscription, now, max(now, change_opens(subscription)) if may else None)
    if not may_renew(caller, subscription):
        return Standing(subscription, now, now if provider_for(user, subscription) else None)
    opens = renewal_opens(subscription, subscription.renewal_plan)
    if opens > now and may_renew_early(caller, subscription):
        opens = now
    return Standing(subscription, now, opens)


def provider_for(user: AbstractUser, subscription: Subscription) -> Checkout | None:
    """Return the checkout by which this user pays for another period; None if nothing is due."""
    return None if may_renew(as_owner(user), subscription) else checkout.required(subscription.renewal_plan)


def as_owner(user: AbstractUser) -> Caller:
    """Return the user as a caller with a session."""
    return Caller(user, has_token=False)


def _notices(user: AbstractUser) -> list[Notice]:
    """Return the notices of other apps. Django logs a receiver that fails; the page is shown without its notice."""
    answers = subscriber_notices.send_robust(sender=None, user=user)
    texts = [Notice(answer) if isinstance(answer, str) else answer for _receiver, answer in answers]
    return [notice for notice in texts if isinstance(notice, Notice)]
