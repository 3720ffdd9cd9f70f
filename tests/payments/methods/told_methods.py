"""What the provider tells of cards that were entered on its page."""

from datetime import datetime

from django.db import transaction

from foundation import clock
from payments.facts import apply
from payments.models import Renewal
from payments.providers.interface import Fact, FactKind, MethodDetails
from tests.payments.providers.stripe.answers import intent, session


def entered(renewal: Renewal, reference: str = "pm_new", made_at: datetime | None = None) -> Fact:
    """Return the message that the user has entered this method on the provider's page."""
    user = str(renewal.subscription.user_id)
    return Fact(FactKind.METHOD_SAVED, made_at or clock.now(), method=MethodDetails("cus_1", reference), user_id=user)


def charged_to(renewal: Renewal) -> str:
    renewal.refresh_from_db()
    assert renewal.method is not None
    return renewal.method.token


def apply_told(fact: Fact) -> None:
    with transaction.atomic():
        apply("stripe", fact, clock.now())


def saved(status: str = "complete") -> dict[str, object]:
    """Return the answer about a page on which a method is entered."""
    setup = {"object": "setup_intent", "id": "seti_1", "payment_method": intent()["payment_method"]}
    return session(status, mode="setup", setup_intent=setup if status == "complete" else None)
