"""Stripe's resources and what may be done with them."""
