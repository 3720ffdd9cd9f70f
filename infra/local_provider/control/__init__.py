"""Faults, clock and ledger, for tests and demonstrations."""
