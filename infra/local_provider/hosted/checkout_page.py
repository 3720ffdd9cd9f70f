"""Page of a Checkout session: pay, decline, authenticate, lose the answer, go back."""

from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from infra.local_provider.errors import CardDeclined, Refused
from infra.local_provider.hosted.html import alert, button, document, form, money
from infra.local_provider.hosted.page import Page, redirect
from infra.local_provider.ledger.ledger import Ledger
from infra.local_provider.ledger.transaction import Caller
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.resources import checkout_payment

CARDS = {
    "pm_card_visa": "Visa 4242",
    "pm_card_mastercard": "Mastercard 4444",
    "pm_card_authenticationRequiredSetupForOffSession": "Visa 0446: asks once for authentication",
}
BANKS = {
    "sepa_debit": {
        "pm_success_at": "SEPA debit 3201: the money arrives later",
        "pm_failed_at": "SEPA debit 3202: fails later",
    },
    "ideal": {"pm_ideal": "iDEAL: pays once"},
}
"""Test methods that take euros alone, by type."""

LATER = {"pm_card_chargeCustomerFail": "Visa 0341: can be saved, and is declined when it is charged"}

DECLINES = {
    "decline": "pm_card_chargeDeclined",
    "decline_funds": "pm_card_chargeDeclinedInsufficientFunds",
    "authenticate": "pm_card_authenticationRequired",
}
"""Test methods of the actions that ignore the chosen card."""


class CheckoutPage:
    """Pages below `/c/pay/`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def show(self, session_id: str, message: str = "") -> Page:
        """Return the page, or that it is closed."""
        try:
            with self._ledger.transaction() as books:
                session = checkout_payment.open_session(books, session_id)
        except Refused as refusal:
            return _closed(refusal)
        status = HTTPStatus.PAYMENT_REQUIRED if message else HTTPStatus.OK
        return Page(document(_title(session), alert(message) + _summary(session) + _choices(session)), status)

    def submit(self, session_id: str, fields: Mapping[str, str]) -> Page:
        """Do what the customer wants, and send them on."""
        action = fields.get("action", "")
        token = DECLINES.get(action, fields.get("card", "pm_card_visa"))
        if action == "back":
            return self._back(session_id)
        loses = action == "lose"
        try:
            with self._ledger.transaction(Caller(drops_webhooks=int(loses))) as books:
                session = checkout_payment.submit(books, session_id, token)
                intent = books.find(session["payment_intent"] or "")
        except CardDeclined as declined:
            return self.show(session_id, f"{declined} Try another card.")
        except Refused as refusal:
            return _closed(refusal)
        if intent and intent["status"] == "requires_action":
            return redirect(f"/authenticate/{intent['id']}")
        if session["status"] == "open":
            return self.show(session_id, "This card cannot be saved. Try another card.")
        return _lost() if loses else redirect(success_address(session))

    def _back(self, session_id: str) -> Page:
        try:
            with self._ledger.transaction() as books:
                session = books.get("checkout.session", session_id)
        except Refused as refusal:
            return _closed(refusal)
        return redirect(session["cancel_url"]) if session["cancel_url"] else self.show(session_id)


def success_address(session: Body) -> str:
    """Return the merchant's address for a session that is complete."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _title(session: Body) -> str:
    return "Save a card" if session["mode"] == "setup" else ", ".join(filter(None, session["_items"])) or "Payment"


def _summary(session: Body) -> str:
    paying = session["mode"] == "payment"
    amount = money(session["amount_total"], session["currency"]) if paying else "Nothing is charged now."
    email = f"<p>{escape(session['customer_email'])}</p>" if session["customer_email"] else ""
    return f'<p class="amount">{escape(amount)}</p>{email}'


def _choices(session: Body) -> str:
    paying = session["mode"] == "payment"
    methods = dict(CARDS) if paying else CARDS | LATER
    for kind in session["payment_method_types"] if paying and session["currency"] == "eur" else []:
        methods |= BANKS.get(kind, {})
    options = "".join(
        f'<label><input type="radio" name="card" value="{token}"{"" if index else " checked"}>{escape(label)}</label>'
        for index, (token, label) in enumerate(methods.items())
    )
    actions = [button("pay", "Pay" if paying else "Save card", first=True), button("decline", "Decline")]
    if paying:
        actions += [button("authenticate", "Needs authentication"), button("lose", "Lose the answer")]
    if session["cancel_url"]:
        actions.append(button("back", "Cancel and go back"))
    return form(f"<fieldset><legend>Pay with</legend>{options}</fieldset>{''.join(actions)}")


def _closed(refusal: Refused) -> Page:
    status = HTTPStatus.NOT_FOUND if refusal.status == HTTPStatus.NOT_FOUND else HTTPStatus.GONE
    return Page(document("This page cannot be used", f"<p>{escape(str(refusal))}</p>"), status)


def _lost() -> Page:
    told = (
        "<p>The money has moved. You are not sent back to the shop, and its first message about the payment is lost. "
        "Go back to the shop by yourself.</p>"
    )
    return Page(document("The answer is lost", told), HTTPStatus.GATEWAY_TIMEOUT)
