"""Ledger of the provider: its objects, its events and the money that moved."""
