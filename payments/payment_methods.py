"""Payment methods that a provider reports as saved, changed or removed."""

from datetime import datetime

from payments.models import PaymentMethod
from payments.providers.interface import Fact, MethodDetails


def save(provider: str, fact: Fact, now: datetime) -> None:
    """Keep the method of the user that the fact names, or the customer's. A known one gets its new details."""
    if fact.method is None or _update(provider, fact.method):
        return
    user_id = fact.user_id or _user_of(provider, fact.method.customer)
    if user_id:
        PaymentMethod.objects.get_or_create(
            provider=provider,
            token=fact.method.token,
            defaults={"user_id": user_id, "customer": fact.method.customer, "saved_at": now, **_details(fact.method)},
        )


def remove(provider: str, fact: Fact, now: datetime) -> None:
    """Mark the method as removed, if it is known and was not removed before."""
    if fact.method:
        known = PaymentMethod.objects.usable().filter(provider=provider, token=fact.method.token)
        known.update(removed_at=now)


def _update(provider: str, method: MethodDetails) -> bool:
    known = PaymentMethod.objects.filter(provider=provider, token=method.token)
    details = _details(method)
    return bool(known.update(**details)) if details else known.exists()


def _user_of(provider: str, customer: str) -> int | str | None:
    known = PaymentMethod.objects.filter(provider=provider, customer=customer)
    return known.order_by("-pk").values_list("user_id", flat=True).first()


def _details(method: MethodDetails) -> dict[str, object]:
    """Return what the fact tells of the method; not every message tells all."""
    return {name: value for name, value in method.description().items() if value}
