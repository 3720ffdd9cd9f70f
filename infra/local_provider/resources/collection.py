"""Collection of an intent's money: what happens when its payment method is charged."""

from infra.local_provider.errors import CardDeclined
from infra.local_provider.ledger.identifiers import random_letters
from infra.local_provider.ledger.transaction import Transaction
from infra.local_provider.protocol.json_body import Body, shown
from infra.local_provider.resources import charges, payment_methods
from infra.local_provider.resources.test_methods import TEST_METHODS, Reaction, reaction_of

AUTHENTICATION = Reaction.decline("authentication_required", "authentication_required")
UNAUTHENTICATED = Reaction("decline", "payment_intent_authentication_failure", "")

MESSAGES = {
    "authentication_required": "Your card was declined. This transaction requires authentication.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "insufficient_funds": "Your card has insufficient funds.",
    "payment_intent_authentication_failure": "We are unable to authenticate your payment method.",
    "payment_intent_payment_attempt_failed": "The payment failed.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
}
DECLINED = "Your card was declined."


def collect(books: Transaction, intent: Body, method: Body, *, off_session: bool, return_url: str = "") -> None:
    """Charge the method. The intent succeeds, waits, or needs its customer. Raises CardDeclined."""
    reaction = reaction_of(method, off_session=off_session)
    intent |= {"payment_method": method["id"], "last_payment_error": None, "next_action": None}
    if reaction.kind != "authenticate":
        _charge(books, intent, method, reaction)
    elif off_session:
        _decline(books, intent, method, AUTHENTICATION)
    else:
        _require_action(books, intent, return_url)


def finish_authentication(books: Transaction, intent: Body, *, authenticated: bool) -> None:
    """Go on after the customer's bank has asked them. Raises CardDeclined."""
    method = books.get("payment_method", intent["payment_method"])
    intent["next_action"] = None
    if not authenticated:
        _decline(books, intent, method, UNAUTHENTICATED)
    reaction = reaction_of(method, off_session=False)
    then = Reaction.decline(reaction.decline_code, reaction.code) if reaction.code else Reaction()
    _charge(books, intent, method, then)


def settle(books: Transaction, intent: Body) -> None:
    """Let money arrive that was on its way, or fail."""
    if intent["status"] != "processing":
        return
    method = books.get("payment_method", intent["payment_method"])
    reaction = reaction_of(method, off_session=False)
    charge = books.get("charge", intent["latest_charge"])
    if not reaction.code:
        _succeed(books, intent, charge)
        return
    message = MESSAGES.get(reaction.code, DECLINED)
    charges.fail(books, charge, reaction, message)
    _fail(books, intent, method, _error(reaction, message, charge, method))


def _charge(books: Transaction, intent: Body, method: Body, reaction: Reaction) -> None:
    if reaction.kind == "decline":
        _decline(books, intent, method, reaction)
    charge = charges.begin(books, intent, method)
    intent["latest_charge"] = charge["id"]
    _save_method(books, intent, method)
    if reaction.kind == "later":
        _wait(books, intent, charge, method)
    else:
        _succeed(books, intent, charge)


def _succeed(books: Transaction, intent: Body, charge: Body) -> None:
    books.move_money("success", charge["id"], intent, charge["amount"])
    charges.succeed(books, charge)
    intent |= {"status": "succeeded", "amount_received": charge["amount"]}
    books.save(intent)
    books.tell("payment_intent.succeeded", intent)


def _wait(books: Transaction, intent: Body, charge: Body, method: Body) -> None:
    charges.wait(books, charge)
    intent["status"] = "processing"
    books.save(intent)
    books.schedule(intent["id"], books.now + TEST_METHODS[method["_token"]].settles_after)
    books.tell("payment_intent.processing", intent)


def _require_action(books: Transaction, intent: Body, return_url: str) -> None:
    intent |= {"status": "requires_action", "_return_url": return_url}
    if return_url:
        url = f"{books.origin}/authenticate/{intent['id']}"
        redirect = {"url": url, "return_url": return_url}
        intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": redirect}
    else:
        sdk = {"type": "three_d_secure_redirect", "source": f"src_{random_letters(24)}"}
        intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    books.save(intent)
    books.tell("payment_intent.requires_action", intent)


def _decline(books: Transaction, intent: Body, method: Body, reaction: Reaction) -> None:
    message = MESSAGES.get(reaction.decline_code, MESSAGES.get(reaction.code, DECLINED))
    charge = charges.begin(books, intent, method)
    charges.fail(books, charge, reaction, message)
    intent["latest_charge"] = charge["id"]
    error = _error(reaction, message, charge, method)
    _fail(books, intent, method, error)
    members = {name: value for name, value in error.items() if name in ("charge", "payment_method") and value}
    raise CardDeclined(
        message,
        code=reaction.code,
        decline_code=reaction.decline_code,
        payment_intent=shown(intent),
        **members,
    )


def _fail(books: Transaction, intent: Body, method: Body, error: Body) -> None:
    if method["customer"] is None:
        books.save(method | {"_spent": True})
    intent |= {"status": "requires_payment_method", "payment_method": None, "last_payment_error": error}
    books.save(intent)
    books.tell("payment_intent.payment_failed", intent)


def _save_method(books: Transaction, intent: Body, method: Body) -> None:
    """Keep the method for later, if the intent says so; otherwise it is used up, as iDEAL always is."""
    if intent["setup_future_usage"] and intent["customer"] and method["type"] != "ideal":
        payment_methods.give_to_customer(books, method, intent["customer"])
    elif method["customer"] is None:
        books.save(method | {"_spent": True})


def _error(reaction: Reaction, message: str, charge: Body, method: Body) -> Body:
    error = {
        "charge": charge["id"],
        "code": reaction.code,
        "decline_code": reaction.decline_code,
        "doc_url": f"https://stripe.com/docs/error-codes/{reaction.code}",
        "message": message,
        "payment_method": shown(method),
        "type": "card_error" if reaction is not UNAUTHENTICATED else "invalid_request_error",
    }
    return {name: value for name, value in error.items() if value}
