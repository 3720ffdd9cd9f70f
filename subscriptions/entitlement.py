"""Entitlement: what a user's live subscriptions give them, at an instant."""

from datetime import datetime

from django.contrib.auth.models import AbstractUser, AnonymousUser

from foundation import clock
from subscriptions.models import Plan, Subscription


def has_live_subscription(user: AbstractUser | AnonymousUser, now: datetime, *, plan: Plan | str | None = None) -> bool:
    """Return True if the user has a live subscription at `now`, a cancelled one included; an anonymous user has none.

    `plan` narrows it to one plan, or to the plans of that name. One query. The subscriptions themselves are asked, not
    the group `Subscribers`, which a subscription that has ended leaves only with the next sweep.
    """
    if not user.is_authenticated:
        return False
    live = Subscription.objects.live(now).filter(user=user.pk)
    match plan:
        case str():
            live = live.filter(plan__name=plan)
        case Plan():
            live = live.filter(plan=plan.pk)
    return live.exists()


def has_entitlement(user: AbstractUser | AnonymousUser, codename: str, now: datetime | None = None) -> bool:
    """Return True if the plan of a live subscription grants a group with this permission, as `reports.export_report`.

    `codename` alone means a permission of whichever app. One query. Unlike `user.has_perm`, it is exact to the instant
    (`now`, the present where it is left out), and asks for the plans only: neither superusers nor holders of the
    permission by another group have it by themselves. A deactivated or anonymous user has none.
    """
    if not (user.is_authenticated and user.is_active):
        return False
    app, _dot, name = codename.rpartition(".")
    permission = {"plan__groups__permissions__codename": name}
    if app:
        permission["plan__groups__permissions__content_type__app_label"] = app
    return Subscription.objects.live(now or clock.now()).filter(user=user.pk, **permission).exists()
