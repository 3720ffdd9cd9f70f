"""The signals of a payment. Receivers take `**kwargs`: arguments may be added.

They are public: sent once each after the commit, through `send_robust`. A receiver that fails is logged by name and
stops nothing; one that must not miss a payment reads `payments.models.Payment`.
"""

from django.dispatch import Signal

payment_processed = Signal()
"""Money for an order has arrived, and the period that it bought has been given.

Arguments: `order`, `subscription`, `transaction_id` (str, the provider's), `amount` (Decimal), `currency` (ISO 4217),
`payment`. `sender` is the class Payment.
"""
