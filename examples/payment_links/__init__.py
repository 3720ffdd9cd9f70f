"""Example of a team's own payment provider: `PAYMENT_PROVIDER=examples.payment_links.provider.PaymentLinks`."""
