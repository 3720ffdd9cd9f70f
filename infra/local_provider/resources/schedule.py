"""Changes that time brings: sessions expire, money arrives, refunds fail."""

from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.resources import checkout_payment, checkout_sessions, collection, refunds


def run_due(books: Transaction, *, whenever: bool = False) -> int:
    """Make the changes that are due, or all that wait for time. Sessions expire in time only. Return their number."""
    due = books.take_due(whenever=whenever)
    for identifier in due:
        _change(books, identifier)
    return len(due)


def _change(books: Transaction, identifier: str) -> None:
    found = books.find(identifier)
    match found and found["object"]:
        case "checkout.session" if found and found["status"] == "open":
            if found["expires_at"] > books.now:
                books.schedule(identifier, found["expires_at"])
            else:
                checkout_sessions.close(books, found)
        case "payment_intent" if found:
            collection.settle(books, found)
            checkout_payment.report_settlement(books, found)
        case "refund" if found:
            refunds.settle(books, found)
