"""Part of the subscriptions in a user's export and erasure."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from foundation.personal_data import Erasure, Exported, PersonalData
from foundation.redaction import redact, redact_addresses
from subscriptions.models import IdempotentRequest, Subscription, SubscriptionEvent, SweepRun
from subscriptions.models.subscription import access_end
from subscriptions.services import SubscriptionService

REASON = "the account was erased"
MOMENT = timedelta(microseconds=1)


class SubscriptionData(PersonalData):
    """Subscriptions and their history, which stay under the pseudonym, without reasons."""

    def export(self, user: AbstractBaseUser) -> Exported:
        owned = Subscription.objects.filter(user=user.pk).select_related("plan").prefetch_related("events__plan")
        return {"subscriptions": [_exported(subscription, user) for subscription in owned.order_by("pk")]}

    def erase(self, erasure: Erasure) -> None:
        _end(erasure)
        IdempotentRequest.objects.filter(user=erasure.user.pk).delete()
        Subscription.objects.filter(user=erasure.user.pk).update(external_id="", metadata={})
        _clear_reasons(erasure)
        _redact_texts(erasure)

    def losses(self, user: AbstractBaseUser, now: datetime) -> list[str]:
        live = Subscription.objects.live(now).filter(user=user.pk).select_related("plan").order_by("end_date")
        return [_loss(subscription) for subscription in live]

    def leave(self, user: AbstractBaseUser, now: datetime) -> None:
        """Cancel the subscriptions, so that each ends with its period."""
        for subscription in Subscription.objects.live(now).filter(user=user.pk).order_by("pk"):
            SubscriptionService.cancel_subscription(subscription, now=now, actor=user)

    def kept_until(self, users: Collection[Key], now: datetime) -> Mapping[Key, datetime]:
        """Return the end of each user's last live subscription."""
        live = Subscription.objects.live(now).filter(any_of("user", users))
        return dict(live.order_by().values("user").annotate(last=Max(access_end())).values_list("user", "last"))


def _loss(subscription: Subscription) -> str:
    end = timezone.localtime(subscription.access_end)
    shown = {"plan": subscription.plan.name, "day": date_format(end, "DATE_FORMAT"), "time": date_format(end, "H:i T")}
    return _("%(plan)s, which gives you access until %(day)s, %(time)s") % shown


def _end(erasure: Erasure) -> None:
    """End what is live, and expire what is due, since the sweep would do it after the pseudonym was given."""
    now = erasure.now
    owned = Subscription.objects.filter(user=erasure.user.pk)
    SubscriptionService.expire_claimed(owned.due(now).claim(owned.count()), now=now)
    for subscription in owned.filter(expired_at__isnull=True).order_by("pk"):
        # One that began this very moment has no instant before it at which it could have ended.
        SubscriptionService.cancel_now(subscription, REASON, now=max(now, subscription.start_date + MOMENT))


def _clear_reasons(erasure: Erasure) -> None:
    """Remove the reasons of the user's own history but this one, and the old values from others'.

    History is append-only for the product's code; this is the one exception, which the law demands.
    """
    events = SubscriptionEvent._base_manager
    own = events.filter(subscription__user=erasure.user.pk)
    own.exclude(reason__in=["", REASON]).update(reason="")
    redact(events.exclude(reason=""), ["reason"], erasure)


def _redact_texts(erasure: Erasure) -> None:
    """Redact what others keep with their subscriptions, the answers they got, and errors, which may quote a row."""
    redact_addresses(Subscription.objects.exclude(metadata={}), ["metadata"], erasure)
    redact_addresses(IdempotentRequest.objects.all(), ["body"], erasure)
    redact(SweepRun.objects.filter(failed__gt=0), ["failures"], erasure)


def _exported(subscription: Subscription, user: AbstractBaseUser) -> dict[str, Any]:
    return {
        "id": subscription.pk,
        "plan": subscription.plan.name,
        "status": subscription.status,
        "trial": subscription.trial,
        "start_date": subscription.start_date,
        "end_date": subscription.end_date,
        "expired_at": subscription.expired_at,
        "external_id": subscription.external_id,
        "metadata": subscription.metadata,
        "history": [_history(event, user) for event in subscription.events.all()],
    }


def _history(event: SubscriptionEvent, user: AbstractBaseUser) -> dict[str, Any]:
    return {
        "transition": event.transition,
        "occurred_at": event.occurred_at,
        "by": event.asked_by(user.pk),
        "reason": event.reason,
        "old_end_date": event.old_end_date,
        "new_end_date": event.new_end_date,
        "plan": event.plan.name,
        "price": event.price,
        "currency": event.currency,
    }


PARTS = (SubscriptionData(),)
