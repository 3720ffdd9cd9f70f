"""Page of the customer's bank, which asks whether the payment is theirs."""

from html import escape
from http import HTTPStatus

from infra.local_provider.errors import CardDeclined, Refused
from infra.local_provider.hosted.checkout_page import success_address
from infra.local_provider.hosted.html import button, document, form, money
from infra.local_provider.hosted.page import Page, redirect
from infra.local_provider.ledger.ledger import Ledger
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.resources import checkout_payment


class AuthenticationPage:
    """Pages below `/authenticate/`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def show(self, intent_id: str) -> Page:
        """Return the question, or that there is none."""
        try:
            with self._ledger.transaction() as books:
                intent = books.get("payment_intent", intent_id)
        except Refused as refusal:
            return _nothing(str(refusal))
        if intent["status"] != "requires_action":
            return _nothing(f"This payment is {intent['status']}.")
        amount = escape(money(intent["amount"], intent["currency"]))
        choices = button("complete", "Complete authentication", first=True) + button("fail", "Fail authentication")
        return Page(document("Is this payment yours?", f'<p class="amount">{amount}</p>{form(choices)}'))

    def submit(self, intent_id: str, *, authenticated: bool) -> Page:
        """Take the answer, and send the customer on."""
        declined = False
        try:
            with self._ledger.transaction() as books:
                checkout_payment.authenticate(books, intent_id, authenticated=authenticated)
        except CardDeclined:
            declined = True
        except Refused as refusal:
            return _nothing(str(refusal))
        with self._ledger.transaction() as books:
            intent = books.get("payment_intent", intent_id)
            session = books.find(intent["_session"] or "")
        return redirect(_next_address(intent, session, declined=declined))


def _next_address(intent: Body, session: Body | None, *, declined: bool) -> str:
    if session is None:
        return str(intent["_return_url"])
    return str(session["url"] or session["cancel_url"]) if declined else success_address(session)


def _nothing(message: str) -> Page:
    return Page(document("Nothing to authenticate", f"<p>{escape(message)}</p>"), HTTPStatus.GONE)
