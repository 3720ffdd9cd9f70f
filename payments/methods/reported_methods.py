"""Payment methods that a provider reports as saved, changed or removed."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from accounts.profiles import is_erased
from foundation.orm.any_of import any_of
from foundation.orm.key import Key
from payments.mails import tell_of_removed_card
from payments.methods.forgetting import forgotten_fields
from payments.methods.owners import lock_if_known
from payments.methods.saved_methods import replace_method
from payments.models import PaymentMethod, Renewal
from payments.providers.interface import Fact, MethodDetails
from subscriptions.models import Subscription


def save(provider: str, fact: Fact, now: datetime) -> None:
    """Keep the method of the user that the fact names, or the customer's. A known one gets its new details.

    A new one that the user has entered for later charges takes over from an older one, as it does when the user comes
    back from the provider's page: who closes the browser does not.
    """
    if fact.method is None:
        return
    owner = fact.user_id or _user_of(provider, fact.method.customer)
    if owner and not lock_if_known(owner):
        return
    if _update(provider, fact.method) or (owner and _was_removed_since(owner, fact)):
        return
    if (user := _who_entered(fact)) is not None:
        replace_method(user, provider, fact.method, now, _entered_at(fact, now))
    elif owner:
        told = forgotten_fields(owner, now) or _details(fact.method)
        PaymentMethod.objects.get_or_create(
            provider=provider,
            token=fact.method.token,
            defaults={"user_id": owner, "customer": fact.method.customer, "saved_at": _entered_at(fact, now), **told},
        )


def remove(provider: str, fact: Fact, now: datetime) -> None:
    """Mark the method as removed, if it is known and was not removed before, and tell its owner what it renewed."""
    if fact.method is None:
        return
    known = PaymentMethod.objects.filter(provider=provider, token=fact.method.token)
    if known.usable().update(removed_at=now):
        charged = renewals_without_card(now).filter(method__in=known).first()
        if charged is not None:
            tell_of_removed_card(charged.subscription.user)


def renewals_without_card(now: datetime) -> QuerySet[Renewal]:
    """Return the renewals that are turned on and not charged, because their card was removed at the provider."""
    going_on = Subscription.objects.live(now).filter(status=Subscription.Status.ACTIVE)
    renewals = Renewal.objects.filter(auto_renew=True, method__removed_at__isnull=False, subscription__in=going_on)
    return renewals.select_related("method", "subscription__plan", "subscription__user").order_by("pk")


def _was_removed_since(owner: Key, fact: Fact) -> bool:
    """Return True if the owner has removed their methods since: this may be one of those, whose token is forgotten."""
    removed = PaymentMethod.objects.filter(any_of("user", [owner]), forget_requested_at__gt=fact.made_at)
    return not is_erased(owner) and removed.exists()


def _entered_at(fact: Fact, now: datetime) -> datetime:
    """Return when the method was entered, by our clock: the provider's may be ahead of it."""
    return min(fact.made_at, now)


def _who_entered(fact: Fact) -> AbstractBaseUser | None:
    """Return the user whose renewals are charged to older methods than the new one that the fact says they entered."""
    if not fact.user_id:
        return None
    saved_since = PaymentMethod.objects.entered().filter(any_of("user", [fact.user_id]), saved_at__gt=fact.made_at)
    renewing = Renewal.objects.filter(any_of("subscription__user", [fact.user_id]), auto_renew=True)
    if saved_since.exists() or not renewing.exists():
        return None
    return get_user_model()._base_manager.filter(any_of("pk", [fact.user_id])).first()


def _update(provider: str, method: MethodDetails) -> bool:
    """Write the details of a known method; return False if it is not known.

    A message about it may be repeated, or come long after its user came back: what it is charged for stays as it is.
    """
    known = PaymentMethod.objects.filter(provider=provider, token=method.token)
    if details := _details(method):
        known.filter(forget_requested_at=None).update(**details)
    return known.exists()


def _user_of(provider: str, customer: str) -> int | str | None:
    known = PaymentMethod.objects.filter(provider=provider, customer=customer)
    return known.order_by("-pk").values_list("user_id", flat=True).first()


def _details(method: MethodDetails) -> dict[str, object]:
    """Return what the fact tells of the method; not every message tells all."""
    return {name: value for name, value in method.description().items() if value}
