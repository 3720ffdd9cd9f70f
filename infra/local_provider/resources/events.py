"""Events of the last 30 days: https://docs.stripe.com/api/events"""

from typing import Any

from infra.local_provider.errors import missing
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.protocol.parameters import LISTED, boolean, instants, many, text

LIST = LISTED.extended(created=instants, type=text, types=many(text), delivery_success=boolean)
KEPT_SECONDS = 30 * 86_400


def retrieve(books: Transaction, parameters: dict[str, Any], event: str) -> Body:
    """Return an event."""
    found = books.get("event", event)
    if found["created"] < books.now - KEPT_SECONDS:
        raise missing("event", event)
    return found


def list_all(books: Transaction, parameters: dict[str, Any]) -> Body:
    """Return a page of events."""
    created = parameters.get("created", {})
    oldest = max(created.get("gte", 0), books.now - KEPT_SECONDS)
    kinds = parameters.get("types", parameters.get("type"))
    return books.page("event", parameters | {"created": created | {"gte": oldest}}, "/v1/events", type=kinds)
