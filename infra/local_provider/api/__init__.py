"""Stripe's API: routes, keys and the order in which a request is handled."""
