"""Report of the ledger: what has moved, by order and by currency."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict

from infra.local_provider.ledger.transaction import Movement
from infra.local_provider.protocol.json_body import Body

ORDER = "order"
"""Name in an intent's metadata that says what was paid."""


def report(movements: Iterable[Movement], declined: Iterable[Body] = ()) -> Body:
    """Return all movements, the successful intents of each order, and sums in the currencies' smallest units.

    `charged_twice` lists orders with more than one success, `declined` the ids of the declined charges.
    """
    moved = list(movements)
    orders: dict[str, list[str]] = defaultdict(list)
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for movement in moved:
        sums[movement.currency][movement.kind] += movement.amount
        if movement.kind == "success":
            orders[movement.metadata.get(ORDER, "")].append(movement.payment_intent)
    return {
        "movements": [asdict(movement) for movement in moved],
        "orders": orders,
        "charged_twice": sorted(order for order, intents in orders.items() if order and len(intents) > 1),
        "declined": [charge["id"] for charge in declined],
        "sums": {currency: dict(by_kind) | {"total": by_kind.total()} for currency, by_kind in sums.items()},
    }
