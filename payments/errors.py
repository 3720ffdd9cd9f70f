"""Errors of the app. Each message says what the reader can do."""

from datetime import datetime


class PaymentError(Exception):
    """Base of this app's errors."""


class UnknownOrder(PaymentError, LookupError):
    """The order is not, or no longer, in the database."""


class OrderFinished(PaymentError, ValueError):
    """The order is paid or void, so that nobody pays or voids it any more."""


class Forged(PaymentError, ValueError):
    """The message of a webhook does not come from the provider, or not for this stage. Nothing was stored."""


class ProviderUnavailable(PaymentError, ConnectionError):
    """The provider did not answer, or not usefully. Try again later."""


class KeyRefused(ProviderUnavailable):
    """The provider does not accept the key, or not for this call. Put a valid one into the function's secret."""


class ProviderRefused(PaymentError, ValueError):
    """The provider refuses the request and would refuse it again: see the code in the message."""


class UnknownTransaction(PaymentError, LookupError):
    """A refund or a dispute is about a payment that is not recorded. Reconcile, and it is tried again; or ignore it."""


class UnreadableFact(PaymentError, ValueError):
    """A provider's message lacks what its kind needs. It stays pending: see the adapter."""


class NotRefundable(PaymentError, ValueError):
    """The amount is more than what is left of the payment, or the payment is none that can be given back."""


class NothingToRecord(PaymentError, ValueError):
    """The refund is finished, or its provider still executes it and tells. Wait for it."""


class AlreadyRecorded(PaymentError, ValueError):
    """Money of this number is recorded, or was reported as failed. Check the number at the bank or the provider."""


class RefundUnderWay(PaymentError):
    """A call of the provider is under way, which may give the money back. Try again when it has ended."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class NothingToSettle(PaymentError, ValueError):
    """The payment is no surplus, or nothing of it waits for a decision: it is settled, or it goes back."""


class NothingToIgnore(PaymentError, ValueError):
    """The webhook message is applied, or ignored already."""


class NothingToForget(PaymentError, ValueError):
    """The payment method's customer is not to be deleted at the provider, or is deleted already."""


class MethodInUse(PaymentError, ValueError):
    """A renewal is being collected by the payment method. Pay it, or cancel the subscription, before removing it."""


class WithdrawalOver(PaymentError, ValueError):
    """The contract can no longer be withdrawn from. Cancel it, or ask for a refund."""


class NothingDue(PaymentError, ValueError):
    """Nothing is to be paid: the plan is free, or payments are off. Subscribe or renew without an order."""


class PriceChangeRefused(PaymentError, ValueError):
    """The price of a plan's subscribers cannot be changed so. Choose a later day, or wait for the change before it."""


class NotRenewable(PaymentError, ValueError):
    """The subscription cannot be renewed by charges, or not at the price that was shown. Show the page again."""
