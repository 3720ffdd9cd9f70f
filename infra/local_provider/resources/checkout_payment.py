"""Paying by a session's page, as the customer does it."""

from infra.local_provider.errors import Refused
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body
from infra.local_provider.resources import customers, payment_intents, payment_methods, setup_intents
from infra.local_provider.resources.collection import collect, finish_authentication
from infra.local_provider.resources.test_methods import TEST_METHODS

PAID = ("succeeded", "processing")


def open_session(books: Transaction, identifier: str) -> Body:
    """Return the session if it can be paid. Raises Refused."""
    session = books.get("checkout.session", identifier)
    if session["status"] != "open":
        raise Refused(f"This page is closed: it is {session['status']}.")
    return session


def submit(books: Transaction, identifier: str, token: str) -> Body:
    """Pay, or save the method, with the test method. Return the session. Raises CardDeclined."""
    session = open_session(books, identifier)
    method = payment_methods.new(books, token)
    if method["type"] not in session["payment_method_types"]:
        raise Refused(f"This page takes no {method['type']}.")
    if session["mode"] == "setup":
        _save(books, session, method)
        return session
    intent = _intent(books, session)
    if intent["status"] not in payment_intents.UNFINISHED:
        raise Refused("This page has been paid.")
    collect(books, intent, method, off_session=False, return_url=session["url"])
    _complete(books, session, intent)
    return session


def authenticate(books: Transaction, intent_id: str, *, authenticated: bool) -> Body:
    """Answer the bank's question. Return the intent. Raises Refused, or CardDeclined."""
    intent = books.get("payment_intent", intent_id)
    if intent["status"] != "requires_action":
        raise Refused(f"Nothing is to be authenticated: this payment is {intent['status']}.")
    finish_authentication(books, intent, authenticated=authenticated)
    if intent["_session"]:
        _complete(books, books.get("checkout.session", intent["_session"]), intent)
    return intent


def report_settlement(books: Transaction, intent: Body) -> None:
    """Tell that money of a completed session has arrived, or failed."""
    if not intent["_session"]:
        return
    session = books.get("checkout.session", intent["_session"])
    if session["status"] != "complete" or session["payment_status"] == "paid":
        return
    if intent["status"] == "succeeded":
        session["payment_status"] = "paid"
        books.save(session)
        books.tell("checkout.session.async_payment_succeeded", session)
    else:
        books.tell("checkout.session.async_payment_failed", session)


def _intent(books: Transaction, session: Body) -> Body:
    """Return the session's intent, which is made when the customer submits the page for the first time."""
    if session["payment_intent"]:
        return books.get("payment_intent", session["payment_intent"])
    data = session["_intent_data"]
    if not session["customer"] and session["customer_creation"] == "always":  # keeping a method creates none
        session["customer"] = _customer(books, session)
    amounts = {"amount": session["amount_total"], "currency": session["currency"], "_session": session["id"]}
    customer = {"customer": session["customer"]} if session["customer"] else {}
    types = {"allowed_payment_method_types": session["payment_method_types"]}
    intent = payment_intents.new(books, data | amounts | customer | types)
    session["payment_intent"] = intent["id"]
    books.save(session)
    return intent


def _complete(books: Transaction, session: Body, intent: Body) -> None:
    if intent["status"] not in PAID:
        return
    session |= {
        "status": "complete",
        "payment_status": "paid" if intent["status"] == "succeeded" else "unpaid",
        "url": None,
        "customer_details": _details(session),
    }
    books.save(session)
    books.tell("checkout.session.completed", session)


def _save(books: Transaction, session: Body, method: Body) -> None:
    if not session["customer"]:
        session["customer"] = _customer(books, session)
        books.save(session)
    setup = books.get("setup_intent", session["setup_intent"])
    reaction = TEST_METHODS[method["_token"]].saved
    if reaction.kind == "decline":
        setup_intents.fail(books, setup, "Your card was declined.", reaction.code)
        return
    setup_intents.succeed(books, setup, method, session["customer"])
    session |= {"status": "complete", "url": None, "customer_details": _details(session)}
    books.save(session)
    books.tell("checkout.session.completed", session)


def _customer(books: Transaction, session: Body) -> str:
    return str(customers.create(books, {"email": session["customer_email"]})["id"])


def _details(session: Body) -> Body:
    empty = ("address", "business_name", "individual_name", "name", "phone", "tax_ids")
    return dict.fromkeys(empty) | {"email": session["customer_email"], "tax_exempt": "none"}
