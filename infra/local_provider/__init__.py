"""A payment provider on this machine that speaks Stripe's protocol. Imports nothing of the project."""
