"""The signals of a payment. Receivers take `**kwargs`: arguments may be added.

`payment_event_recorded` is strict: it runs inside the transaction, and an exception undoes what it tells of. The others
are public: sent once each after the commit, through `send_robust`, with the class Payment as `sender`. A receiver that
fails is logged by name and stops nothing; one that must not miss anything reads `payments.models.PaymentEvent`.
"""

from django.dispatch import Signal

payment_event_recorded = Signal()
"""A PaymentEvent was written, and the transaction is still open. Strict. Arguments: `event`."""

payment_processed = Signal()
"""Money for an order has arrived, and the period that it bought has been given.

Arguments: `order`, `subscription`, `transaction_id` (str, the provider's), `amount` (Decimal), `currency` (ISO 4217),
`payment`.
"""

payment_failed = Signal()
"""A try to collect an order has failed.

Arguments: `order`, `subscription` (or None), `code` (str, the provider's reason), `next_attempt_at` (datetime, or None
if there is none).
"""

payment_refunded = Signal()
"""Money went back. Arguments: `payment` (the negative one) and `of` (the payment that is given back)."""

payment_refund_failed = Signal()
"""A refund that was told of did not reach anybody, and the money came back to us.

Arguments: `payment` (the reversal, which cancels the refund out), `of` (the payment that was given back), `code` (str,
the provider's reason).
"""

payment_disputed = Signal()
"""Whoever paid disputes a payment at the bank. Arguments: `payment`."""
