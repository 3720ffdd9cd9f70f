"""Errors of the app. Each message says what the reader can do."""


class PaymentError(Exception):
    """Base of this app's errors."""


class UnknownOrder(PaymentError, LookupError):
    """The order is not, or no longer, in the database."""


class OrderFinished(PaymentError, ValueError):
    """The order is paid or void, so that nobody pays or voids it any more."""
