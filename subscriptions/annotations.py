"""Texts that integrators keep with a subscription."""

from collections.abc import Mapping

from subscriptions.locks import change, refuse_erased, transition
from subscriptions.metadata import refuse_invalid_external_id, refuse_invalid_metadata
from subscriptions.models import Subscription


def set_metadata(
    subscription: Subscription, *, external_id: str | None = None, metadata: Mapping[str, str] | None = None
) -> Subscription:
    """Replace what integrators keep with the subscription; None leaves it. No transition, so no event.

    Raises UnknownSubscription, UnknownUser for one who was erased, or InvalidMetadata.
    """
    given = {"external_id": external_id, "metadata": metadata}
    fields = {name: value for name, value in given.items() if value is not None}
    refuse_invalid_external_id(external_id or "")
    refuse_invalid_metadata(dict(metadata or {}))
    with transition(subscription) as changed:
        refuse_erased(subscription.user_id)  # the texts may name them again
        if fields:
            change(changed, **fields)
    return subscription
