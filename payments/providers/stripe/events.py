"""Events of the last days, from Stripe's list: the same that webhooks bring, so that what got lost is found.

Stripe keeps them for 30 days: https://docs.stripe.com/api/events
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stripe import StripeError

from payments.errors import Forged, UnreadableFact
from payments.providers.interface import Fact, FactKind
from payments.providers.stripe.client import v1
from payments.providers.stripe.facts import READERS, facts_of
from payments.providers.stripe.messages import message_of
from payments.providers.stripe.outcomes import explained

PAGE = 100


def since(instant: datetime) -> Iterator[Fact]:
    """Yield the facts of all events since the instant, newest first. Raises ProviderUnavailable or ProviderRefused.

    An event that cannot be read, such as of a currency that nobody knew, is UNREADABLE, and hides no other.
    """
    wanted = {"types": list(READERS), "created": {"gte": int(instant.timestamp())}, "limit": PAGE}
    try:
        for event in v1().events.list(wanted).auto_paging_iter():  # type: ignore[arg-type] # the SDK's TypedDict
            yield from _facts(event.to_dict(), instant)
    except StripeError as error:
        raise explained(error) from error


def _facts(event: Mapping[str, Any], instant: datetime) -> tuple[Fact, ...]:
    try:
        return facts_of(message_of(event))
    except (Forged, UnreadableFact) as error:
        return (Fact(FactKind.UNREADABLE, instant, code=f"{event.get('id')}: {error}"),)
