"""Delivery channels: their base class, lookup, pauses and retries."""
