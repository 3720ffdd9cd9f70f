"""Tests, fixtures and proofs."""
