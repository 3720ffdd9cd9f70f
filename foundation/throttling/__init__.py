"""Throttles of changing requests, counted in the database. An app of its own, for its table."""
