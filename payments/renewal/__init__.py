"""Renewal: what subscribers agree to be charged, and changes of its price."""
