"""Payments of `make run`: subscribers who pay on the pages, and our books against the provider's ledger."""
