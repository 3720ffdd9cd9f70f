"""Interface of payment providers: what is asked of one, and what it answers. Nothing here calls anybody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # the adapters, which load first, need only the names
    from payments.models import Order, Payment, PaymentMethod


class OutcomeKind(StrEnum):
    """Knowledge of one reference at the provider, after a call or a question."""

    OPEN = "open"
    """Prepared; nothing was taken yet."""
    SUCCEEDED = "succeeded"
    """Money has moved."""
    PENDING = "pending"
    """Money is on its way, for up to some weeks (SEPA)."""
    REQUIRES_ACTION = "requires_action"
    """The subscriber must act, on the page at `action_url`."""
    DECLINED = "declined"
    """Nothing was taken. Another try may succeed."""
    DECLINED_FOR_GOOD = "declined_for_good"
    """Nothing was taken, and the method must not be tried again (lost, stolen, revoked)."""
    NOTHING_HAPPENED = "nothing_happened"
    """The call had no effect: refused as too many or in use, or never connected."""
    UNKNOWN = "unknown"
    """The call may have had its effect. Only asking tells."""
    CLOSED = "closed"
    """Cancelled; this reference never takes money."""


@dataclass(frozen=True)
class MethodDetails:
    """A payment method as the provider describes it, for later charges. Each time one is entered, `token` is new."""

    customer: str
    token: str
    brand: str = ""
    last4: str = ""
    expires: date | None = None
    entered_at: datetime | None = None
    """Instant of entering one by which an order is paid, the same in every answer and message about that payment.

    A debit is told as paid days later, when its owner may have entered another method. None: it counts as entered when
    the money moved.
    """

    def description(self) -> dict[str, str | date | None]:
        """Return what its owner recognises it by, as the fields of PaymentMethod."""
        return {"brand": self.brand, "last4": self.last4, "expires": self.expires}


@dataclass(frozen=True)
class Outcome:
    """Outcome of a call. Of money that moved: the transaction, amount, currency and instant."""

    kind: OutcomeKind
    transaction_id: str = ""
    amount: Decimal | None = None
    currency: str = ""
    paid_at: datetime | None = None
    code: str = ""
    """The provider's reason, such as `expired_card`."""
    method: MethodDetails | None = None
    action_url: str = ""
    receipt_url: str = ""
    key_refused: bool = False
    """True if nothing happened because the provider does not accept the key, or not for this call."""


@dataclass(frozen=True)
class Page:
    """The provider's page on which an order is paid."""

    reference: str
    url: str


class FactKind(StrEnum):
    """Kind of news that a provider tells by itself."""

    SUCCEEDED = "succeeded"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    FAILED = "failed"
    CLOSED = "closed"
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_WON = "dispute_won"
    METHOD_SAVED = "method_saved"
    METHOD_REMOVED = "method_removed"
    UNREADABLE = "unreadable"
    """Listed by the provider, and not read by the adapter; `code` says which, and why. It is counted, never applied."""


@dataclass(frozen=True)
class Fact:
    """One fact about money or a payment method.

    `transaction_id` names the money that moved, the same whichever message reports it. `of` is the transaction that a
    refund or a dispute is about. An order number that is not proven may belong to another product.
    """

    kind: FactKind
    made_at: datetime
    reference: str = ""
    order_id: int | None = None
    transaction_id: str = ""
    of: str = ""
    amount: Decimal | None = None
    currency: str = ""
    code: str = ""
    method: MethodDetails | None = None
    customer: str = ""
    """The customer that the provider has created for whoever pays, as it names them."""
    user_id: str = ""
    receipt_url: str = ""
    is_proven: bool = True


@dataclass(frozen=True)
class Message:
    """A verified message: its body holds only the members that its facts are made of, and no personal data."""

    message_id: str
    type: str
    made_at: datetime
    body: Mapping[str, Any]


class Provider(Protocol):
    """A payment provider. Whoever runs one of its calling methods has no transaction open meanwhile.

    Calls raise nothing for what a provider answers or does not answer: that is an `Outcome`. `begin` and `prepare`,
    which take nothing, raise ProviderUnavailable, of these KeyRefused for a key that is not accepted, or
    ProviderRefused for what would be refused again.
    """

    name: str
    """As rows and the webhook's address name it, for good: at most 50 letters, digits, dots and hyphens.

    It is read from the class, too.
    """
    charges_itself: bool
    """True if nothing can be charged here: no renewal order opens by itself, and subscribers pay each one on the page.

    A provider that renews by itself (Paddle, Polar) is not served by it: its later payments name no order that is open,
    and stay surplus. See "A provider of your own" in docs/explanation/payments.md.
    """

    @property
    def origin(self) -> str:
        """Origin of its page, such as https://checkout.stripe.com, for the policy of the page that leads there."""

    def begin(self, order: "Order", return_url: str, cancel_url: str) -> Page:
        """Return the page on which the order is paid: the same again for the same order and reference."""

    def save_method(self, user_id: str, customer: str, return_url: str, cancel_url: str) -> Page:
        """Return the page on which the user enters a payment method for later charges."""

    def close(self, reference: str) -> Outcome:
        """Cancel what was begun or prepared. CLOSED, or SUCCEEDED or PENDING if it was too late."""

    def prepare(self, order: "Order", method: "PaymentMethod", number: int) -> str:
        """Return the reference of a charge for the order's try `number`. Nothing is taken yet."""

    def charge(self, reference: str, method: "PaymentMethod", number: int) -> Outcome:
        """Take the money. A reference succeeds at most once, however often this is called."""

    def ask(self, reference: str) -> Outcome:
        """Return what is known of the reference."""

    def refund(self, payment: "Payment", amount: Decimal, key: str) -> Outcome:
        """Give back part or all of a payment, once for each `key`.

        Where nothing is left because money went back otherwise, such as by the provider's dashboard, return the outcome
        of that refund, with its transaction and amount.
        """

    def message(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Message:
        """Return the message of a webhook's request, after verifying it over the raw bytes. Raises Forged."""

    def facts(self, message: Message) -> tuple[Fact, ...]:
        """Return the facts that a stored message tells; none of a type that is ignored. Raises UnreadableFact."""

    def since(self, instant: datetime) -> Iterable[Fact] | None:
        """Return what happened since the instant, for reconciling; None if there is no list of it.

        What cannot be read stands in it as UNREADABLE, so that the rest is applied.
        Raises ProviderUnavailable, of these KeyRefused for a key that is not accepted, or ProviderRefused.
        """

    def forget(self, customer: str) -> None:
        """Ask the provider to delete the customer. Raises ProviderUnavailable."""
