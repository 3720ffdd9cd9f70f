"""Signed webhooks, sent in the background."""
