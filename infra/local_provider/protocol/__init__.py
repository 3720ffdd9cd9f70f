"""Requests and answers in Stripe's form."""
