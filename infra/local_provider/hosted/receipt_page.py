"""Receipt of a charge."""

from html import escape
from http import HTTPStatus

from infra.local_provider.errors import Refused
from infra.local_provider.hosted.html import document, money
from infra.local_provider.hosted.page import Page
from infra.local_provider.ledger.ledger import Ledger


def show_receipt(ledger: Ledger, charge_id: str) -> Page:
    """Return the receipt of a charge that took money."""
    try:
        with ledger.transaction() as books:
            charge = books.get("charge", charge_id)
    except Refused as refusal:
        return Page(document("No receipt", f"<p>{escape(str(refusal))}</p>"), HTTPStatus.NOT_FOUND)
    refunded = charge["amount_refunded"]
    lines = [f'<p class="amount">{escape(money(charge["amount_captured"], charge["currency"]))}</p>']
    if refunded:
        lines.append(f"<p>Refunded: {escape(money(refunded, charge['currency']))}</p>")
    return Page(document("Receipt", "".join(lines)))
