"""Explanation of a user's access: a sentence, and the events that led to it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from subscriptions.access.managed_groups import GROUP
from subscriptions.models import Subscription, SubscriptionEvent, Transition
from subscriptions.models.subscription import access_end


@dataclass(frozen=True)
class AccessExplanation:
    """Explanation of a user's access at an instant."""

    has_access: bool
    """The user is in the group."""
    is_right: bool
    """The group agrees with the subscriptions."""
    sentence: str
    """The answer, in words and in the reader's language."""
    subscriptions: list[Subscription]
    """All of the user's, the one that ends last first."""
    events: QuerySet[SubscriptionEvent]
    """Events of all of them, oldest first."""


def explain_access(user: AbstractUser, now: datetime) -> AccessExplanation:
    """Look at the user's group and subscriptions as they are at `now`."""
    subscriptions = list(
        Subscription.objects.filter(user_id=user.pk)
        .select_related("plan")
        .prefetch_related("plan__groups")
        .order_by(access_end().desc(), "-pk")
    )
    has_access = user.groups.filter(name=GROUP).exists()
    facts = _Facts(_name_of(user), has_access, subscriptions, now)
    events = SubscriptionEvent.objects.filter(subscription__user_id=user.pk).order_by("occurred_at", "pk")
    return AccessExplanation(
        has_access=has_access,
        is_right=has_access == (facts.live is not None),
        sentence=" ".join([facts.sentence, *facts.additions(is_active=user.is_active)]),
        subscriptions=subscriptions,
        events=events.select_related("subscription", "plan", "actor"),
    )


def _name_of(user: AbstractUser) -> str:
    """Return the full name that a user model may have, or the user name."""
    return getattr(user, "get_full_name", str)() or user.get_username()


@dataclass(frozen=True)
class _Facts:
    """Facts that a sentence is made of. `subscriptions` begin with the one that ends last."""

    name: str
    has_access: bool
    subscriptions: list[Subscription]
    now: datetime

    @property
    def live(self) -> Subscription | None:
        """The live one that ends last."""
        return next((one for one in self.subscriptions if one.is_live(self.now)), None)

    def additions(self, *, is_active: bool) -> list[str]:
        """Return what else is to be known: the groups of the live plans, and that the account is deactivated."""
        live = [one for one in self.subscriptions if one.is_live(self.now)]
        granted = sorted({group.name for one in live for group in one.plan.groups.all()})
        groups = [_granted(granted)] if granted and self.has_access else []
        return groups if is_active else [*groups, _disabled(self.name)]

    @property
    def due(self) -> Subscription | None:
        """One that has ended, and the sweep has not seen it."""
        return next((one for one in self.subscriptions if one.expired_at is None and not one.is_live(self.now)), None)

    @property
    def sentence(self) -> str:
        if self.live:
            return self._with_live(self.live)
        if self.due:
            return self._with_due(self.due)
        if self.has_access:
            return _(
                "%(name)s has access without a live subscription; run manage.py audit_access --fix to revoke it."
            ) % {"name": self.name}
        if self.subscriptions:
            return self._with_ended(max(self.subscriptions, key=lambda one: one.expired_at or self.now))
        return _("%(name)s has no access: there has never been a subscription.") % {"name": self.name}

    def _with_live(self, live: Subscription) -> str:
        if not self.has_access:
            text = _(
                "%(name)s has no access although %(subscription)s is %(status)s and lasts until %(end)s;"
                " run manage.py audit_access --fix to give it."
            )
        elif live.status == Subscription.Status.CANCELLED:
            text = _(
                "%(name)s has access until %(end)s, because %(subscription)s is cancelled but paid for until then."
            )
        elif live.access_end > live.end_date:
            text = _(
                "%(name)s has access until %(end)s, because %(subscription)s is paid for until %(paid)s"
                " and has a grace period until then."
            )
        else:
            text = _("%(name)s has access until %(end)s, because %(subscription)s is active and lasts until then.")
        return text % self._words(live)

    def _with_due(self, due: Subscription) -> str:
        if self.has_access:
            text = _(
                "%(name)s still has access although %(subscription)s ended on %(end)s:"
                " no sweep has expired it yet. The next sweep revokes the access."
            )
        else:
            text = _("%(name)s has no access: %(subscription)s ended on %(end)s. No sweep has expired it yet.")
        return text % self._words(due)

    def _with_ended(self, last: Subscription) -> str:
        expiry = last.events.filter(transition=Transition.EXPIRED).select_related("actor").order_by("pk").last()
        words = self._words(last)
        if expiry is None or expiry.actor is None:
            text = _(
                "%(name)s has no access: the last subscription, %(subscription)s, expired on %(end)s, by the sweep."
            )
            return text % words
        words |= {"actor": expiry.actor, "reason": expiry.reason, "end": _instant(expiry.occurred_at)}
        text = _("%(name)s has no access: %(actor)s ended the last subscription, %(subscription)s, on %(end)s.")
        if expiry.reason:
            text += " " + _("The reason given: %(reason)s")
        return text % words

    def _words(self, subscription: Subscription) -> dict[str, object]:
        return {
            "name": self.name,
            "subscription": _("subscription %(number)s (%(plan)s)")
            % {"number": subscription.pk, "plan": subscription.plan},
            "status": subscription.get_status_display(),
            "end": _instant(subscription.access_end),
            "paid": _instant(subscription.end_date),
        }


def _instant(at: datetime) -> str:
    return f"{date_format(at, 'j M Y H:i')} UTC"


def _granted(groups: list[str]) -> str:
    return _("With it come the groups of the plan: %(groups)s.") % {"groups": ", ".join(groups)}


def _disabled(name: str) -> str:
    return _("The account is deactivated, so %(name)s cannot sign in anyway.") % {"name": name}
